// Elements, numbers, colours and the tooltip: what all pictures share.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element: h("button.small", {onclick}, "text", child). */
export function h(name, attributes, ...children) {
  const [tag, ...classes] = name.split(".");
  return fill(document.createElement(tag), classes, attributes, children);
}

/** The same for SVG. */
export function s(name, attributes, ...children) {
  const [tag, ...classes] = name.split(".");
  return fill(document.createElementNS(SVG, tag), classes, attributes, children);
}

function fill(element, classes, attributes, children) {
  if (classes.length) element.setAttribute("class", classes.join(" "));
  for (const [key, value] of Object.entries(attributes ?? {})) {
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (value === true) element.setAttribute(key, "");
    else if (value !== false && value != null) element.setAttribute(key, value);
  }
  for (const child of children.flat()) {
    if (child != null) element.append(child);
  }
  return element;
}

export const $ = id => document.getElementById(id);

/** A card's title line with what belongs beside it; the rest is the body. */
export function card(id, ...beside) {
  const section = $(id);
  const head = h("div.head", {}, section.querySelector("h2"), ...beside);
  const body = h("div", {});
  section.replaceChildren(head, body);
  return body;
}

export function number(value, digits = 3) {
  if (value == null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (size >= 1000) return Math.round(value).toLocaleString("en");
  if (size !== 0 && size < 10 ** -digits) return value.toExponential(1);
  return value.toLocaleString("en", {maximumSignificantDigits: digits + 1});
}

export function bytes(value) {
  if (value == null || !Number.isFinite(value)) return "–";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  while (value >= 1000 && unit < 4) { value /= 1000; unit++; }
  return `${value.toLocaleString("en", {maximumSignificantDigits: 3})} ${units[unit]}`;
}

export function span(milliseconds) {
  const seconds = Math.max(0, milliseconds / 1000);
  if (seconds < 10) return `${seconds.toFixed(1)} s`;
  if (seconds < 100) return `${Math.round(seconds)} s`;
  const minutes = Math.floor(seconds / 60);
  const two = x => String(x).padStart(2, "0");
  return minutes < 60 ? `${minutes}:${two(Math.floor(seconds % 60))} min`
    : `${Math.floor(minutes / 60)}:${two(minutes % 60)} h`;
}

export const clock = time => new Date(time).toTimeString().slice(0, 8);

let palette = new Map();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => { palette = new Map(); });

/** The present value of a CSS colour variable. */
export function colour(name) {
  if (!palette.has(name)) {
    palette.set(name, getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim());
  }
  return palette.get(name);
}

function rgb(hex) {
  const text = hex.length === 4 ? hex.replace(/[0-9a-f]/gi, "$&$&") : hex;
  return [1, 3, 5].map(i => parseInt(text.slice(i, i + 2), 16));
}

/** Between two colour variables; share 0 gives the first. */
export function mix(from, to, share) {
  const a = rgb(colour(from));
  const b = rgb(colour(to));
  const c = a.map((x, i) => Math.round(x + (b[i] - x) * share));
  return `rgb(${c[0]} ${c[1]} ${c[2]})`;
}

/** A canvas's context in CSS pixels, sharp on any screen; null while it has no size. */
export function paint(canvas, height) {
  const width = canvas.clientWidth;
  if (width === 0) return null;
  const ratio = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * ratio) || canvas.height !== Math.round(height * ratio)) {
    canvas.width = Math.round(width * ratio);
    canvas.height = Math.round(height * ratio);
    canvas.style.height = `${height}px`;
  }
  const context = canvas.getContext("2d");
  context.setTransform(ratio, 0, 0, ratio, 0, 0);
  context.clearRect(0, 0, width, height);
  context.font = '11.5px ui-sans-serif, system-ui, "Segoe UI", Roboto, sans-serif';
  return {context, width, height};
}

/** Shows a title and lines beside a point of the window. */
export function tip(x, y, title, lines) {
  const box = $("tip");
  box.replaceChildren(h("b", {}, title), lines.filter(Boolean).join("\n"));
  box.hidden = false;
  const right = x + 16 + box.offsetWidth > innerWidth;
  const below = y + 16 + box.offsetHeight > innerHeight;
  box.style.left = `${right ? x - 12 - box.offsetWidth : x + 14}px`;
  box.style.top = `${below ? y - 12 - box.offsetHeight : y + 14}px`;
}

export function untip() {
  $("tip").hidden = true;
}

/** Tells those who listen instead of look. */
export function say(text) {
  $("said").textContent = text;
}

/** A label of an axis: no more digits than it needs, no exponent where it can be read without. */
export function axis(value) {
  if (value === 0) return "0";
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-4) return value.toExponential(0).replace("e-", "e−").replace("e+", "e");
  return value.toLocaleString("en", {maximumSignificantDigits: 3});
}

/** Round steps for an axis. */
export function ticks(low, high, count) {
  const raw = (high - low) / Math.max(1, count);
  if (!(raw > 0)) return [low];
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map(m => m * power).find(x => x >= raw);
  const found = [];
  for (let x = Math.ceil(low / step) * step; x <= high + step * 1e-9; x += step) found.push(x);
  return found;
}

export function legend(entries) {
  return h("div.legend", {}, entries.map(([name, variable]) => {
    const mark = h("i", {});
    mark.style.background = `var(--${variable})`;
    return h("span", {}, mark, name);
  }));
}

/** Whether a button is held down: what is pressed must still be there when it is let go. */
export const pointer = {held: false};
addEventListener("pointerdown", () => { pointer.held = true; }, true);
for (const end of ["pointerup", "pointercancel"]) addEventListener(end, () => { pointer.held = false; }, true);
addEventListener("blur", () => { pointer.held = false; });
