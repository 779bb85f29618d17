// Puts the 1 km square where somebody is into the form, and nothing finer. Asks only when pressed.
const DEGREE = Math.PI / 180

// From the satellites' ellipsoid to the map's, by the seven published figures (accurate to metres).
function toAiry(latitude, longitude) {
  const a = 6378137, b = 6356752.314245
  const e2 = 1 - (b * b) / (a * a)
  const [sin, cos] = [Math.sin(latitude), Math.cos(latitude)]
  const n = a / Math.sqrt(1 - e2 * sin * sin)
  const [x, y, z] = [n * cos * Math.cos(longitude), n * cos * Math.sin(longitude), n * (1 - e2) * sin]
  const second = DEGREE / 3600
  const [rx, ry, rz] = [-0.1502 * second, -0.247 * second, -0.8421 * second]
  const scale = 1 + 20.4894e-6
  return [
    -446.448 + scale * x - rz * y + ry * z,
    125.157 + rz * x + scale * y - rx * z,
    -542.06 - ry * x + rx * y + scale * z,
  ]
}

function toGrid([x, y, z]) {
  const a = 6377563.396, b = 6356256.909, f0 = 0.9996012717
  const e2 = 1 - (b * b) / (a * a), across = Math.hypot(x, y)
  let latitude = Math.atan2(z, across * (1 - e2))
  for (let turn = 0; turn < 5; turn += 1) {
    const n = a / Math.sqrt(1 - e2 * Math.sin(latitude) ** 2)
    latitude = Math.atan2(z + e2 * n * Math.sin(latitude), across)
  }
  const [sin, cos, tan] = [Math.sin(latitude), Math.cos(latitude), Math.tan(latitude)]
  const v = (a * f0) / Math.sqrt(1 - e2 * sin * sin)
  const r = (a * f0 * (1 - e2)) / (1 - e2 * sin * sin) ** 1.5
  const eta2 = v / r - 1, n = (a - b) / (a + b), origin = 49 * DEGREE
  const [less, more] = [latitude - origin, latitude + origin]
  const m = b * f0 * (
    (1 + n + 1.25 * (n ** 2 + n ** 3)) * less
    - (3 * n + 3 * n ** 2 + 2.625 * n ** 3) * Math.sin(less) * Math.cos(more)
    + 1.875 * (n ** 2 + n ** 3) * Math.sin(2 * less) * Math.cos(2 * more)
    - (35 / 24) * n ** 3 * Math.sin(3 * less) * Math.cos(3 * more)
  )
  const l = Math.atan2(y, x) + 2 * DEGREE
  const northing = m - 100000 + (v / 2) * sin * cos * l ** 2
    + (v / 24) * sin * cos ** 3 * (5 - tan ** 2 + 9 * eta2) * l ** 4
  const easting = 400000 + v * cos * l + (v / 6) * cos ** 3 * (v / r - tan ** 2) * l ** 3
  return [easting, northing]
}

function toSquare([easting, northing]) {
  const letters = "ABCDEFGHJKLMNOPQRSTUVWXYZ"
  const [east, north] = [Math.floor(easting / 100000), Math.floor(northing / 100000)]
  if (east < 0 || east > 6 || north < 0 || north > 12) return null
  const large = (3 - Math.floor(north / 5)) * 5 + Math.floor(east / 5) + 2
  const small = (4 - (north % 5)) * 5 + (east % 5)
  const two = (metres) => String(Math.floor(metres / 1000) % 100).padStart(2, "0")
  return letters[large] + letters[small] + two(easting) + two(northing)
}

const part = document.getElementById("near-me")
const told = part?.querySelector("[role=status]")

function take({ coords }) {
  const place = toGrid(toAiry(coords.latitude * DEGREE, coords.longitude * DEGREE))
  const square = toSquare(place)
  if (square) document.getElementById("where").value = square
  told.textContent = square ? "This is the square of 1 km that you are in." : "This seems to be outside Britain."
}

if (part && navigator.geolocation) {
  part.hidden = false
  part.querySelector("button").addEventListener("click", () => {
    told.textContent = "Asking…"
    navigator.geolocation.getCurrentPosition(take, () => {
      told.textContent = "Your phone did not tell us. Type a postcode or a town."
    }, { enableHighAccuracy: false, timeout: 10000, maximumAge: 600000 })
  })
}
