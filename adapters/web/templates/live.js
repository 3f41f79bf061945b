"use strict";
(() => {
  const part = document.getElementById("tickets");
  const state = document.getElementById("live");
  const nonce = document.currentScript.nonce;
  const url = part.querySelector("[data-events]").dataset.events;
  let waiting = null;

  const say = (text, well) => {
    if (state.textContent !== text) state.textContent = text;
    state.className = well ? "well" : "";
    state.hidden = false;
  };

  // Nobody loses what they have selected, nor the link they stand on, nor their place on the page.
  const isSelecting = () => {
    const chosen = document.getSelection();
    return !chosen.isCollapsed && part.contains(chosen.anchorNode);
  };
  const show = (html) => {
    if (isSelecting()) { waiting = html; return; }
    waiting = null;
    const focused = part.contains(document.activeElement) ? document.activeElement : null;
    const same = focused && [...part.querySelectorAll("a")].filter((a) => a.href === focused.href).indexOf(focused);
    const top = window.scrollY;
    part.innerHTML = html;
    if (focused && focused.href) {
      const found = [...part.querySelectorAll("a")].filter((a) => a.href === focused.href);
      (found[same] || found[0])?.focus({ preventScroll: true });
    }
    if (window.scrollY !== top) window.scrollTo({ top, behavior: "instant" });
    document.title = part.querySelector("[data-title]").dataset.title;
  };
  document.addEventListener("selectionchange", () => { if (waiting !== null && !isSelecting()) show(waiting); });

  // A report that was made since: its place is taken from a fresh page.
  const renew = async (made) => {
    const old = document.getElementById("figures");
    if (!made || old.dataset.made === made || old.dataset.asked === made) return;
    old.dataset.asked = made;
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const text = await answer.text();
    const theirs = text.match(/nonce="[\w-]+"/)[0];
    const page = new DOMParser().parseFromString(text.replaceAll(theirs, `nonce="${nonce}"`), "text/html");
    const fresh = page.getElementById("figures");
    document.getElementById("figures").replaceWith(document.adoptNode(fresh));
  };

  const listen = () => {
    const events = new EventSource(url);
    events.addEventListener("open", () => say("live", true));
    events.addEventListener("tickets", (event) => { say("live", true); show(event.data); });
    events.addEventListener("report", (event) => { renew(event.data).catch(() => {}); });
    events.addEventListener("trouble", () => say("The bot cannot read its tickets just now; these are the last ones.", false));
    events.addEventListener("error", () => {
      say("Not live: the connection is being made again.", false);
      // Refused for good: the session is over, the house is full, or a proxy has lost the bot.
      if (events.readyState === EventSource.CLOSED) window.setTimeout(again, 15000);
    });
  };
  const again = async () => {
    const answer = await fetch(location.href, { method: "HEAD" }).catch(() => null);
    if (answer && (answer.ok || answer.status === 401)) location.reload();
    else window.setTimeout(again, 15000);
  };
  listen();
})();
