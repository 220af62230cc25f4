// Makes pages live; every page works without it. Parts and lines come from the server as HTML and are put in their places.
"use strict";

(() => {
  const MOST_ROWS = 5000; // of a log that grows before one's eyes
  const REST = 20000; // a page that nobody looks at lets go of its streams after so many milliseconds
  const streams = new Set();

  // --- streams: open while the page is looked at, going on where they left off ---

  function follow(url, after, handlers) {
    const stream = { after, source: null, ended: false };
    const open = () => {
      if (stream.source || stream.ended) return;
      const address = new URL(url, location.origin);
      if (stream.after) address.searchParams.set("after", stream.after);
      const source = (stream.source = new EventSource(address));
      for (const [name, handle] of Object.entries(handlers)) {
        source.addEventListener(name, (event) => {
          if (event.lastEventId) stream.after = event.lastEventId;
          handle(JSON.parse(event.data));
        });
      }
      source.addEventListener("error", () => {
        if (source.readyState !== EventSource.CLOSED || stream.source !== source) return;
        stream.source = null; // refused, not lost: the browser would not ask again
        setTimeout(open, 10000);
      });
    };
    stream.open = open;
    stream.close = () => {
      if (stream.source) stream.source.close();
      stream.source = null;
    };
    stream.end = () => {
      stream.ended = true;
      stream.close();
      streams.delete(stream);
    };
    streams.add(stream);
    if (!document.hidden) open();
    return stream;
  }

  let resting = 0;
  document.addEventListener("visibilitychange", () => {
    clearTimeout(resting);
    if (document.hidden) resting = setTimeout(() => streams.forEach((stream) => stream.close()), REST);
    else streams.forEach((stream) => stream.open());
  });

  // --- parts of the page ---

  const live = document.getElementById("live");

  function parse(html) {
    const template = document.createElement("template");
    template.innerHTML = html;
    return template.content;
  }

  function replacePart(id, html) {
    const old = document.getElementById(id);
    const fresh = parse(html).firstElementChild;
    if (!old || !fresh) return;
    for (const kept of old.querySelectorAll("details[data-log]")) {
      const place = fresh.querySelector(`details[data-log="${CSS.escape(kept.dataset.log)}"]`);
      if (!place) continue;
      kept.querySelector("summary").replaceWith(place.querySelector("summary"));
      const wakes = "auto" in place.dataset && !("auto" in kept.dataset);
      place.replaceWith(kept); // open, scrolled and live, as it was
      if (wakes) {
        kept.dataset.auto = "";
        kept.open = true;
      }
    }
    const focused = old.contains(document.activeElement) ? document.activeElement : null;
    old.querySelectorAll("details[data-log] .lines").forEach((lines) => lines.stream && lines.stream.end());
    old.replaceWith(fresh);
    if (focused) {
      const again = focused.isConnected ? focused : fresh.querySelector(`[href="${CSS.escape(focused.getAttribute("href") || "")}"]`);
      if (again) again.focus({ preventScroll: true });
    }
    enliven(fresh);
  }

  function announce() {
    const badge = document.querySelector("#execution-head .badge");
    if (!badge) return;
    const state = badge.textContent.trim();
    if (document.title.startsWith(`${state}:`)) return;
    document.title = document.title.replace(/^[^:]*:/, `${state}:`);
    const voice = document.getElementById("voice");
    if (voice) voice.textContent = state;
  }

  if (live && live.dataset.parts) {
    const voice = document.createElement("p");
    voice.id = "voice";
    voice.className = "hidden";
    voice.setAttribute("role", "status");
    document.body.append(voice);
    follow(live.dataset.parts, live.dataset.after || "", {
      parts: (parts) => {
        for (const [id, html] of Object.entries(parts)) replacePart(id, html);
        announce();
      },
    });
  }

  // --- logs ---

  const atEnd = (box) => box.scrollHeight - box.scrollTop - box.clientHeight < 40;

  function followLines(lines) {
    if (!lines.dataset.lines || lines.stream || "complete" in lines.dataset) return;
    const scroller = "whole" in lines.dataset ? document.scrollingElement : lines;
    lines.stream = follow(lines.dataset.lines, lines.dataset.after, {
      lines: ({ html, partial }) => {
        const stay = !atEnd(scroller);
        lines.querySelectorAll(".nothing").forEach((note) => note.remove());
        const fresh = parse(html + partial);
        paint(fresh);
        const first = fresh.querySelector(".n");
        if (first) dropFrom(lines, Number(first.dataset.n));
        lines.append(fresh);
        while (lines.childElementCount > MOST_ROWS) lines.firstElementChild.remove();
        if (!stay) scroller.scrollTop = scroller.scrollHeight;
      },
      end: () => {
        lines.stream.end();
        lines.dataset.complete = "";
      },
    });
  }

  // The last row may have been unfinished when it was sent.
  function dropFrom(lines, number) {
    for (let row = lines.lastElementChild; row; row = lines.lastElementChild) {
      const mark = row.querySelector(".n");
      if (!mark || Number(mark.dataset.n) < number) return;
      row.remove();
    }
  }

  async function load(details) {
    const lines = details.querySelector(".lines");
    if (lines) return followLines(lines);
    const answer = await fetch(`${details.dataset.log}?part`);
    if (!answer.ok) return;
    const part = parse(await answer.text());
    details.querySelectorAll(":scope > :not(summary)").forEach((old) => old.remove());
    paint(part);
    details.append(part);
    const loaded = details.querySelector(".lines");
    loaded.scrollTop = loaded.scrollHeight;
    followLines(loaded);
  }

  // The style sheet knows 256 colours; here the others become exact.
  function paint(root) {
    root.querySelectorAll("[data-f]").forEach((span) => (span.style.color = span.dataset.f));
    root.querySelectorAll("[data-b]").forEach((span) => (span.style.background = span.dataset.b));
  }

  document.addEventListener("click", (event) => {
    const number = event.target.closest(".whole .n");
    if (number && !event.ctrlKey && !event.metaKey && !event.shiftKey && event.button === 0) {
      event.preventDefault();
      history.replaceState(null, "", number.href);
      location.replace(number.hash); // so that the row is the target of the address
      history.replaceState(null, "", number.href);
    }
    const command = event.target.closest(".command");
    if (command && navigator.clipboard) {
      navigator.clipboard.writeText(command.textContent).then(() => {
        command.title = "Copied";
      }, () => {});
    }
  });

  // --- time goes on ---

  function words(seconds) {
    const whole = Math.floor(Math.max(0, seconds));
    const pair = (size, unit, smaller, small) => {
      const rest = Math.floor((whole % size) / smaller);
      return `${Math.floor(whole / size)} ${unit}${rest ? ` ${rest} ${small}` : ""}`;
    };
    if (whole < 60) return `${whole} s`;
    if (whole < 3600) return pair(60, "min", 1, "s");
    return whole < 86400 ? pair(3600, "h", 60, "min") : pair(86400, "d", 3600, "h");
  }

  function ago(seconds) {
    const whole = Math.max(0, seconds);
    const [size, unit] = whole < 3600 ? [60, "min"] : whole < 86400 ? [3600, "h"] : [86400, "day"];
    const count = Math.floor(whole / size);
    return count ? `${count} ${unit}${unit === "day" && count !== 1 ? "s" : ""} ago` : "just now";
  }

  function tick() {
    if (document.hidden) return;
    const now = Date.now();
    document.querySelectorAll("[data-since]").forEach((span) => {
      span.textContent = words((now - Date.parse(span.dataset.since)) / 1000);
    });
    document.querySelectorAll("time[data-ago]").forEach((time) => {
      time.textContent = ago((now - Date.parse(time.dateTime)) / 1000);
    });
  }
  setInterval(tick, 1000);

  // --- whatever is on the page, now or after a part was replaced ---

  function enliven(root) {
    root.querySelectorAll("details[data-log]").forEach((details) => {
      if (details.known) return;
      details.known = true;
      details.addEventListener("toggle", () => details.open && load(details));
      if (details.open) load(details);
      else if ("auto" in details.dataset) details.open = true;
    });
    root.querySelectorAll("details .lines").forEach((lines) => (lines.scrollTop = lines.scrollHeight));
    if (navigator.clipboard) {
      root.querySelectorAll(".command").forEach((command) => {
        command.dataset.copy = "";
        command.title = "Copy";
      });
    }
  }

  paint(document);
  enliven(document);
  document.querySelectorAll(".whole .lines").forEach((lines) => {
    followLines(lines);
    const named = /^#L(\d+)$/.exec(location.hash);
    if (named && !document.getElementById(location.hash.slice(1))) {
      location.replace(`${lines.dataset.whole}?line=${named[1]}${location.hash}`);
    } else if (lines.stream && !named) {
      document.scrollingElement.scrollTop = document.scrollingElement.scrollHeight;
    }
  });
})();
