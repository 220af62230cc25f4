// Keeps what a page shows up to date: every few seconds the parts marked `data-live` are fetched again and exchanged where
// they changed. A part somebody is typing or clicking in is left alone. Without this script the page is just not live.
"use strict";
const PAUSE = 3000;

function isBusy(part) {
  return part.contains(document.activeElement) || part.querySelector("footer details[open]") !== null;
}

function exchange(part, fresh) {
  const open = [...part.querySelectorAll("details")].map((details) => details.open);
  fresh.querySelectorAll("details").forEach((details, index) => { details.open = open[index] ?? details.open; });
  part.replaceWith(fresh);
}

let before = new Map([...document.querySelectorAll("[data-live]")].map((part) => [part.id, part.outerHTML]));

async function refresh() {
  const parts = [...document.querySelectorAll("[data-live]")];
  if (document.hidden || parts.length === 0) return;
  const answer = await fetch(location.href, { credentials: "same-origin" });
  if (!answer.ok || answer.redirected) return;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const fresh = page.getElementById(part.id);
    if (fresh === null || isBusy(part) || before.get(part.id) === fresh.outerHTML) continue;
    before.set(part.id, fresh.outerHTML);
    exchange(part, fresh);
  }
}

setInterval(() => refresh().catch(() => {}), PAUSE);
