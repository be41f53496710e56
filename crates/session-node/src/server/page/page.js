// Draws what /state.json tells, twice a second. Everything is text or SVG; nothing is ever parsed as HTML.
"use strict";

const SVG = "http://www.w3.org/2000/svg";
const RING = 250, FIRST = 325, STEP = 64, PER_ROW = 4;
const MOVING_AT_ONCE = 200, FLIGHT_MS = 700;
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

let last = null;
let shape = "";
const places = new Map();

const by = (id) => document.getElementById(id);

function element(name, attributes, text) {
  const made = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  if (text !== undefined) made.textContent = text;
  return made;
}

function point(turn, radius) {
  const angle = (turn - 0.25) * 2 * Math.PI;
  return { x: radius * Math.cos(angle), y: radius * Math.sin(angle) };
}

// Swarms stand on the ring, their nodes outside of them; who has no swarm stands in the middle.
function draw(state) {
  for (const group of ["spokes", "swarms", "nodes"]) by(group).replaceChildren();
  places.clear();
  const width = Math.min(0.05, 0.8 / Math.max(1, state.swarms.length) / PER_ROW);
  for (const swarm of state.swarms) {
    const at = point(swarm.turn, RING);
    const name = point(swarm.turn, RING - 34);
    by("swarms").append(
      element("circle", { class: "swarm", r: 9, cx: at.x, cy: at.y }),
      element("text", { class: "swarm-name", x: name.x, y: name.y }, swarm.id.slice(0, 4)),
    );
    const members = state.nodes.filter((node) => node.swarm === swarm.id);
    members.forEach((node, index) => {
      const column = index % PER_ROW, row = Math.floor(index / PER_ROW);
      const columns = Math.min(PER_ROW, members.length - row * PER_ROW);
      // Every second row stands in the gaps of the one before.
      const turn = swarm.turn + (column - (columns - 1) / 2 + (row % 2) * (columns === PER_ROW ? 0.5 : 0)) * width;
      place(node, point(turn, FIRST + row * STEP), at);
    });
  }
  const out = state.nodes.filter((node) => node.swarm === null);
  out.forEach((node, index) => place(node, point(index / out.length, 110), null));
}

function place(node, at, swarm) {
  places.set(node.id, at);
  if (swarm) by("spokes").append(element("line", { class: "spoke", x1: swarm.x, y1: swarm.y, x2: at.x, y2: at.y }));
  const circle = element("circle", { class: node.active ? "node" : "node off", r: 18, cx: at.x, cy: at.y });
  circle.append(element("title", {}, `node ${node.id}`));
  const count = element("text", { class: "node-count", id: `count-${node.id}`, x: at.x, y: at.y });
  by("nodes").append(circle, count, element("text", { class: "node-name", x: at.x, y: at.y + 27 }, node.id.slice(0, 6)));
}

function row(node) {
  const made = document.createElement("tr");
  if (!node.active) made.className = "off";
  for (const text of [node.id, node.swarm === null ? "none" : node.swarm.slice(0, 8), node.messages, node.owes]) {
    made.append(Object.assign(document.createElement("td"), { textContent: text }));
  }
  return made;
}

function fly(movement) {
  const to = places.get(movement.to);
  const from = movement.from === null ? { x: 0, y: 0 } : places.get(movement.from);
  if (calm || !from || !to || by("moving").childElementCount >= MOVING_AT_ONCE) return;
  const dot = element("circle", { class: movement.what, r: 6 });
  by("moving").append(dot);
  const spot = (place) => `translate(${place.x}px, ${place.y}px)`;
  const flight = dot.animate([{ transform: spot(from) }, { transform: spot(to) }], {
    duration: FLIGHT_MS, delay: Math.random() * 400, easing: "ease-in-out", fill: "both",
  });
  flight.finished.finally(() => dot.remove());
}

async function poll() {
  try {
    const reply = await fetch(last === null ? "/state.json" : `/state.json?after=${last}`, { cache: "no-store" });
    const state = await reply.json();
    const now = JSON.stringify(state.nodes.map((node) => [node.id, node.swarm, node.active]));
    if (now !== shape) draw(state);
    shape = now;
    for (const node of state.nodes) by(`count-${node.id}`).textContent = node.messages;
    by("rows").replaceChildren(...state.nodes.map(row));
    const messages = state.nodes.reduce((sum, node) => sum + node.messages, 0);
    by("summary").textContent =
      `block ${state.height} · ${state.nodes.length} nodes · ${state.swarms.length} swarms · ${messages} copies of messages · ${state.moved} messages between nodes`;
    if (last !== null) state.movements.forEach(fly);
    last = state.moved;
  } catch {
    by("summary").textContent = "The network does not answer.";
    last = null;
  }
  setTimeout(poll, 500);
}

poll();
