"""Shortest residual ways on reduced costs: how a flow is put right, one unit at a time.

The method is that of successive shortest paths (Ahuja, Magnanti and Orlin 1993, section 9.7), with
Dijkstra's search bounded by the nearest place where a unit may end. A unit too many looks forward
for a free place, for being left unmet, or for a place where one is missing. A unit that is missing
looks backward in the same way. Potentials move only where the search has been, so a repair costs
what it touches.
"""

from __future__ import annotations

from typing import Any

from matching.compiled import compiled, entrance, inlined
from matching.graph import (
    EVERYTHING,
    Graph,
    bring_near,
    part_slots,
    put_flow,
    reduced,
)
from matching.search import (
    CAPACITY,
    FAR,
    FLOW,
    POTENTIAL,
    Search,
    note,
    pop,
    reach,
    start,
    touch,
)

#: How much farther a search looks when it has found nothing. No `Graph.limit` lies farther.
FARTHEST_NEAR = 8


@inlined
def _look_forward(graph: Graph, search: Search, node: int, bound: int, goal: int) -> Any:
    """Reach on from a node; where a unit may end, shorten the bound instead."""
    base = search.distance[node] + graph.potential[node]
    bound, goal = _take_arcs(graph, search, node, bound, goal)
    first = graph.slot_begin[node]
    for slot in range(first, first + graph.used[node]):
        tail = graph.slot_tail[slot]
        near = base - graph.slot_cost[slot] - graph.potential[tail]
        if near >= bound:
            continue
        arc = graph.slot_arc[slot]
        if graph.excess[tail] < 0:
            bound, goal = near, tail
            search.via[tail] = -1 - arc
        elif not graph.is_need[tail]:
            reach(search, tail, near, -1 - arc)
        elif touch(search, tail, near, -1 - arc):
            bound, goal = _take_arcs(graph, search, tail, bound, goal)
            bound, goal = _call_back(graph, search, tail, bound, goal)
    return bound, goal


@inlined
def _take_arcs(graph: Graph, search: Search, node: int, bound: int, goal: int) -> Any:
    """Go on by the arcs that have room."""
    base = search.distance[node] + graph.potential[node]
    for arc in range(graph.begin[node], graph.end[node]):
        near = base + graph.cost[arc]
        if near >= bound and graph.stops[node]:
            break
        head = graph.head[arc]
        near -= graph.potential[head]
        if near >= bound or graph.flow[arc] >= graph.capacity[arc]:
            continue
        if head == graph.sink or graph.excess[head] < 0:
            bound, goal = near, head
            search.via[head] = arc
        elif not graph.is_need[head]:
            reach(search, head, near, arc)
        elif touch(search, head, near, arc):
            bound, goal = _leave_need(graph, search, head, bound, goal)
    return bound, goal


@inlined
def _leave_need(graph: Graph, search: Search, need: int, bound: int, goal: int) -> Any:
    """Go on from a need that a family's node has reached."""
    base = search.distance[need] + graph.potential[need]
    for arc in range(graph.begin[need], graph.end[need]):
        near = base + graph.cost[arc]
        if near >= bound:
            break
        head = graph.head[arc]
        near -= graph.potential[head]
        if near < bound and graph.flow[arc] < graph.capacity[arc]:
            if graph.excess[head] < 0:
                bound, goal = near, head
                search.via[head] = arc
            else:
                reach(search, head, near, arc)
    return bound, goal


@inlined
def _call_back(graph: Graph, search: Search, need: int, bound: int, goal: int) -> Any:
    """Give a need's unit back to its family's node, where it has one."""
    if graph.used[need] == 0:
        return bound, goal
    slot = graph.slot_begin[need]
    tail = graph.slot_tail[slot]
    near = search.distance[need] + graph.potential[need]
    near -= graph.slot_cost[slot] + graph.potential[tail]
    if near < bound:
        arc = graph.slot_arc[slot]
        if graph.excess[tail] < 0:
            bound, goal = near, tail
            search.via[tail] = -1 - arc
        else:
            reach(search, tail, near, -1 - arc)
    return bound, goal


@inlined
def _look_backward(graph: Graph, search: Search, node: int, bound: int, goal: int) -> Any:
    """Reach back from a node; where a unit may come from, shorten the bound instead."""
    bound, goal = _undo_arcs(graph, search, node, bound, goal)
    base = search.distance[node] - graph.potential[node]
    first = graph.slot_begin[node]
    for slot in range(first, _end_of_look(graph, node, bound - search.distance[node])):
        tail = graph.slot_tail[slot]
        near = base + graph.slot_cost[slot] + graph.potential[tail]
        if near >= bound:
            continue
        arc = graph.slot_arc[slot]
        if graph.flow[arc] >= graph.capacity[arc]:
            continue
        if graph.excess[tail] > 0:
            bound, goal = near, tail
            search.via[tail] = arc
        elif not graph.is_need[tail]:
            reach(search, tail, near, arc)
        elif touch(search, tail, near, arc):
            bound, goal = _leave_back(graph, search, tail, bound, goal)
    return bound, goal


@inlined
def _end_of_look(graph: Graph, node: int, within: int) -> Any:
    """Say how many slots must be looked at, if only ways shorter than this count."""
    if graph.potential[node] + within > graph.limit[node] < EVERYTHING:
        if within > FARTHEST_NEAR * graph.reach:
            return graph.slot_end[node]
        part_slots(graph, node, graph.potential[node] + max(within, graph.reach))
    return graph.slot_begin[node] + graph.near[node]


@inlined
def _leave_back(graph: Graph, search: Search, need: int, bound: int, goal: int) -> Any:
    """Go back from a need: to where its unit goes now, or to its family's node."""
    base = search.distance[need] - graph.potential[need]
    for slot in range(graph.slot_begin[need], graph.slot_end[need]):
        tail = graph.slot_tail[slot]
        near = base + graph.slot_cost[slot] + graph.potential[tail]
        arc = graph.slot_arc[slot]
        if near < bound and graph.flow[arc] < graph.capacity[arc]:
            if graph.excess[tail] > 0:
                bound, goal = near, tail
                search.via[tail] = arc
            else:
                reach(search, tail, near, arc)
    arc = graph.leaves[need]
    if arc >= 0 and graph.flow[arc] > 0:
        head = graph.head[arc]
        near = base - graph.cost[arc] + graph.potential[head]
        if near < bound:
            if head == graph.sink or graph.excess[head] > 0:
                bound, goal = near, head
                search.via[head] = -1 - arc
            else:
                reach(search, head, near, -1 - arc)
    return bound, goal


@inlined
def _undo_arcs(graph: Graph, search: Search, node: int, bound: int, goal: int) -> Any:
    """Go back by the arcs that carry flow out of a node that is no need, or is the root."""
    base = search.distance[node] - graph.potential[node]
    for arc in range(graph.begin[node], graph.end[node]):
        if graph.flow[arc] == 0:
            continue
        head = graph.head[arc]
        near = base - graph.cost[arc] + graph.potential[head]
        if near >= bound:
            continue
        if head == graph.sink or graph.excess[head] > 0:
            bound, goal = near, head
            search.via[head] = -1 - arc
        elif not graph.is_need[head]:
            reach(search, head, near, -1 - arc)
        elif touch(search, head, near, -1 - arc):
            bound, goal = _leave_back(graph, search, head, bound, goal)
    return bound, goal


@compiled
def _find(graph: Graph, search: Search, root: int, sign: int) -> Any:
    """Find the shortest way from the root (sign 1) or to it (-1), and move the potentials.

    Most ways back are short, and to look only near is quick; so it looks farther by and by.
    """
    most = FAR if sign > 0 else graph.reach
    goal = _search(graph, search, root, sign, most)
    while goal < 0 and most < FAR:
        most = FARTHEST_NEAR * most if most < FAR // 1024 else FAR
        goal = _search(graph, search, root, sign, most)
    return goal


@compiled
def _search(graph: Graph, search: Search, root: int, sign: int, most: int) -> Any:
    start(search, root)
    bound, goal = most, -1
    while search.tally[1] > 0 and search.distance[search.heap[0]] < bound:
        node = pop(search)
        search.done[search.tally[2]] = node
        search.tally[2] += 1
        if sign > 0:
            bound, goal = _look_forward(graph, search, node, bound, goal)
        else:
            bound, goal = _look_backward(graph, search, node, bound, goal)
    if goal >= 0:
        _move_potentials(graph, search, bound, sign)
    return goal


@inlined
def _move_potentials(graph: Graph, search: Search, bound: int, sign: int) -> None:
    for k in range(search.tally[2]):
        node = search.done[k]
        change = search.distance[node] - bound
        if change >= 0:
            continue
        note(search, POTENTIAL, node, graph.potential[node])
        if sign < 0:
            graph.potential[node] -= change
            continue
        graph.potential[node] += change
        if graph.is_need[node]:
            _keep_near(graph, node)


@inlined
def _keep_near(graph: Graph, need: int) -> None:
    """Now that a need would take less, be near to where it has come near."""
    if graph.potential[need] < graph.watch[need]:
        _come_near(graph, need)


@compiled
def _come_near(graph: Graph, need: int) -> None:
    watch = -EVERYTHING
    for arc in range(graph.begin[need], graph.end[need]):
        if graph.cost[arc] + graph.potential[need] >= FARTHEST_NEAR * graph.reach:
            watch = max(watch, FARTHEST_NEAR * graph.reach - graph.cost[arc])
            break
        head = graph.head[arc]
        if graph.cost[arc] + graph.potential[need] < graph.limit[head]:
            bring_near(graph, arc)
        elif graph.slot_of[arc] >= graph.slot_begin[head] + graph.near[head]:
            watch = max(watch, graph.limit[head] - graph.cost[arc])
    graph.watch[need] = watch


@inlined
def _change_flow(graph: Graph, search: Search, arc: int, flow: int) -> None:
    note(search, FLOW, arc, graph.flow[arc])
    search.ledger[0] += graph.cost[arc] * (flow - graph.flow[arc])
    put_flow(graph, arc, flow)


@compiled
def _push(graph: Graph, search: Search, root: int, goal: int, sign: int) -> None:
    """Move one unit along the way found."""
    node = goal
    while node != root:
        via = search.via[node]
        if via >= 0:
            _change_flow(graph, search, via, graph.flow[via] + 1)
            node = graph.tail[via] if sign > 0 else graph.head[via]
        else:
            arc = -1 - via
            _change_flow(graph, search, arc, graph.flow[arc] - 1)
            node = graph.head[arc] if sign > 0 else graph.tail[arc]
    graph.excess[root] -= sign
    graph.excess[goal] += sign


@entrance
def settle(graph: Graph, search: Search, nodes: Any, most_work: int) -> Any:
    """Bring every unit that is too many, or missing, at these nodes to where it costs least.

    The sink takes and gives whatever the rest leaves.

    Parameters
    ----------
    graph : Graph
        Its potentials prove its flow but for the excesses; afterwards there are none.
    search : Search
    nodes : ndarray
        Every node with an excess.
    most_work : int
        How many nodes may be looked at.

    Returns
    -------
    int
        -1: done; -2: too much work; else a node whose unit has nowhere to go.
    """
    work = 0
    for k in range(len(nodes)):
        while graph.excess[nodes[k]] > 0 and nodes[k] != graph.sink:
            goal = _find(graph, search, nodes[k], 1)
            if goal < 0:
                return nodes[k]
            _push(graph, search, nodes[k], goal, 1)
            work += search.tally[2]
            if work > most_work:
                return -2
    for k in range(len(nodes)):
        while graph.excess[nodes[k]] < 0 and nodes[k] != graph.sink:
            goal = _find(graph, search, nodes[k], -1)
            if goal < 0:
                return nodes[k]
            _push(graph, search, nodes[k], goal, -1)
            work += search.tally[2]
            if work > most_work:
                return -2
    return -1


@entrance
def change_capacity(graph: Graph, search: Search, arc: int, capacity: int) -> None:
    """Change an arc's capacity, and its flow as its potentials ask; the rest becomes an excess."""
    note(search, CAPACITY, arc, graph.capacity[arc])
    graph.capacity[arc] = capacity
    flow, cost = graph.flow[arc], reduced(graph, arc)
    wanted = min(flow, capacity)
    if cost < 0:
        wanted = capacity
    if wanted != flow:
        graph.excess[graph.tail[arc]] += flow - wanted
        graph.excess[graph.head[arc]] -= flow - wanted
        _change_flow(graph, search, arc, wanted)


@entrance
def close_arcs(graph: Graph, search: Search, arcs: Any) -> None:
    """Take all capacity from some arcs that carry a unit at most."""
    for k in range(len(arcs)):
        arc = arcs[k]
        note(search, CAPACITY, arc, graph.capacity[arc])
        graph.capacity[arc] = 0
        if graph.flow[arc] > 0:
            graph.excess[graph.tail[arc]] += 1
            graph.excess[graph.head[arc]] -= 1
            _change_flow(graph, search, arc, 0)


@entrance
def undo(graph: Graph, search: Search, row: int) -> None:
    """Take back what the journal holds from a row on, the last first."""
    for k in range(search.ledger[1] - 1, row - 1, -1):
        kind, index, old = search.journal[k, 0], search.journal[k, 1], search.journal[k, 2]
        if kind == CAPACITY:
            graph.capacity[index] = old
        elif kind == FLOW:
            search.ledger[0] += graph.cost[index] * (old - graph.flow[index])
            put_flow(graph, index, old)
        else:
            graph.potential[index] = old
            if graph.is_need[index]:
                _keep_near(graph, index)
    search.ledger[1] = row
