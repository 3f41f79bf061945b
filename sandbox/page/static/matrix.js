// The Matrix column: rooms, messages and their threads, as a member of the room reads them.
import { Composer } from "./composer.js";
import { $, el, keepingEnd, post, reconcile, stickToEnd } from "./dom.js";
import { act, doing, message, quietly, threadBox } from "./message.js";
import { Tabs } from "./tabs.js";

export class Matrix {
  constructor() {
    this.list = $("matrix-list");
    stickToEnd(this.list);
    this.tabs = new Tabs($("matrix-tabs"), this.list, () => this.#draw(true));
    this.composer = new Composer($("matrix-composer"), { name: "matrix", send: (values) => this.#send(values) });
  }

  update(view) {
    this.view = view;
    $("matrix-where").textContent = `${view.server} · a real Synapse`;
    this.#draw(false);
  }

  reveal(id) {
    const has = (messages) => messages.some((each) => each.id === id || (each.thread && has(each.thread)));
    const room = this.view?.rooms.find((each) => has(messagesOf(each)));
    if (!room) return false;
    this.tabs.choose(room.id);
    return true;
  }

  get #room() {
    return this.view.rooms.find((room) => room.id === this.tabs.chosen) ?? this.view.rooms[0];
  }

  #draw(moved) {
    this.tabs.update(this.view.rooms.map((room) => ({ id: room.id, title: room.name, latest: latest(room) })));
    const room = this.#room;
    if (moved) {
      this.composer.aim(null, false);
      this.list.replaceChildren();
    }
    const direct = room.kind === "direct";
    const about = direct ? { title: "the bot", where: "to the bot, in private" } : { title: room.name };
    this.composer.place({ ...about, forum: false, people: this.view.people.filter((person) => room.people.includes(person.name)) });
    const empty = direct ? "Nothing yet. The first message opens a room for two, to which the bot is invited." : "Nobody has written here yet.";
    const messages = messagesOf(room);
    const items = messages.length ? messages : [{ id: "nothing", nothing: empty }];
    const change = () => reconcile(this.list, items, (item) => this.#message(item));
    keepingEnd(this.list, () => (moved ? quietly(change) : change()));
    if (moved) this.list.scrollTop = this.list.scrollHeight;
  }

  #message(item) {
    if (item.nothing) return el("p", { class: "empty" }, item.nothing);
    const aim = () => this.composer.aim({ label: `thread of ${item.author}: ${item.text.slice(0, 40)}`, thread: item.id });
    if (!item.thread.length) return this.#one(item, { acts: [act("thread", item.id, "Start a thread", aim)] });
    const write = act("write", item.id, "Write in this thread", aim);
    write.classList.add("write");
    const title = `${item.thread.length} in the thread`;
    return this.#one(item, { thread: threadBox(item.id, title, [...item.thread.map((each) => this.#one(each)), write]) });
  }

  #one(item, { acts = [], thread = null } = {}) {
    const about = { room: item.room, event: item.id };
    const react = (emoji) => doing(post("api/matrix/reactions", { ...about, member: this.composer.member, emoji }));
    return message(item, { acts: [...acts, ...this.#own(item, about)], thread, react });
  }

  #own(item, about) {
    if (!item.mine) return [];
    const edit = { label: `what ${item.mine} wrote`, edits: about, text: item.text };
    const change = item.files.length ? [] : [act("edit", item.id, "Edit", () => this.composer.aim(edit))];
    return [...change, act("delete", item.id, "Delete", () => doing(post("api/matrix/redactions", about)))];
  }

  #send({ member, text, files, target }) {
    if (target?.edits) return post("api/matrix/edits", { ...target.edits, text });
    const room = this.#room;
    const place = room.places?.find((each) => each.person === member);
    return post("api/matrix/messages", { member, text, files, room: place?.id || room.id, thread: target?.thread ?? "" });
  }
}

const messagesOf = (room) => (room.places ? room.places.flatMap((place) => place.messages) : room.messages);

function latest(room) {
  const all = messagesOf(room).flatMap((each) => [each, ...each.thread]);
  return all.reduce((most, each) => (each.at > most.at ? each : most), { at: 0, id: "" }).id;
}
