// Starts the page: one stream of server-sent events brings the whole view, each column draws its part.
import { $, showNotice } from "./dom.js";
import { Discord } from "./discord.js";
import { FreeScout } from "./freescout.js";
import { Matrix } from "./matrix.js";
import { settle } from "./message.js";
import { Status } from "./status.js";
import { TimeMachine } from "./timemachine.js";

const discord = new Discord();
const matrix = new Matrix();
const freescout = new FreeScout();
const status = new Status();
const time = new TimeMachine();
let lost = false;

const stream = new EventSource("api/events");
stream.addEventListener("message", (event) => {
  const view = JSON.parse(event.data);
  if (lost || view.starting) showNotice(view.starting ? "The three worlds are starting …" : "");
  lost = Boolean(view.starting);
  if (view.starting) return;
  time.update(view.time);
  status.update(view.status);
  discord.update(view.discord);
  matrix.update(view.matrix);
  freescout.update(view.freescout);
  settle();
  document.body.dataset.live = "yes";
});
stream.addEventListener("error", () => {
  lost = true;
  showNotice("The sandbox does not answer. It may have ended; start it again with: make sandbox");
});

// Ticket numbers open the ticket; links to a chat message lead to it on this page instead of to the real service.
document.addEventListener("click", (event) => {
  const ticket = event.target.closest("[data-ticket]");
  if (ticket) return freescout.open(Number(ticket.dataset.ticket)) ? show($("freescout")) : undefined;
  const link = event.target.closest("a[href]");
  if (!link || event.ctrlKey || event.metaKey) return;
  const place = placeOf(link.href);
  if (!place || !place.world.reveal(place.id)) return;
  event.preventDefault();
  requestAnimationFrame(() => show(place.world === freescout ? $("freescout") : $(`e-${place.id}`) ?? $(`t-${place.id}`)));
});

function placeOf(href) {
  const url = new URL(href);
  const inDiscord = /^\/channels\/\d+\/(?:\d+\/)?(\d+)/.exec(url.pathname);
  if (inDiscord && url.hostname.endsWith("discord.com")) return { world: discord, id: inDiscord[1] };
  const inFreeScout = /^\/conversation\/(\d+)/.exec(url.pathname);
  if (inFreeScout && url.hostname === "127.0.0.1") return { world: freescout, id: inFreeScout[1] };
  const inMatrix = /\/(\$[^/?#]+)/.exec(decodeURIComponent(url.hash));
  return inMatrix && url.hostname === "matrix.to" ? { world: matrix, id: inMatrix[1] } : null;
}

function show(node) {
  if (!node) return;
  node.scrollIntoView({ block: "nearest", behavior: "smooth" });
  node.classList.remove("flash");
  void node.offsetWidth;
  node.classList.add("flash");
}
