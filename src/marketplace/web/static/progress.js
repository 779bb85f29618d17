// While a plan is worked out: tells how far it is without reloading the page under the reader.
const PAUSE_MILLISECONDS = 5000

async function look() {
  const answer = await fetch(location.href)
  const page = new DOMParser().parseFromString(await answer.text(), "text/html")
  const fresh = page.getElementById("progress")
  if (!fresh) {
    location.reload()
    return
  }
  document.getElementById("progress").textContent = fresh.textContent
}

function lookAgain() {
  setTimeout(() => look().catch(() => {}).then(lookAgain), PAUSE_MILLISECONDS)
}

lookAgain()
