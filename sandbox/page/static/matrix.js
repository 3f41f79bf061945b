// The Matrix column: rooms, messages and their threads, as a member of the room reads them.
import { Composer } from "./composer.js";
import { $, el, keepingEnd, post, reconcile, stickToEnd } from "./dom.js";
import { act, message, quietly, threadBox } from "./message.js";
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
    const room = this.view?.rooms.find((each) => has(each.messages));
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
    this.composer.place({ title: room.name, forum: false, people: this.view.people.filter((person) => room.people.includes(person.name)) });
    const items = room.messages.length ? room.messages : [{ id: "nothing", nothing: "Nobody has written here yet." }];
    const change = () => reconcile(this.list, items, (item) => this.#message(item));
    keepingEnd(this.list, () => (moved ? quietly(change) : change()));
    if (moved) this.list.scrollTop = this.list.scrollHeight;
  }

  #message(item) {
    if (item.nothing) return el("p", { class: "empty" }, item.nothing);
    const aim = () => this.composer.aim({ label: `thread of ${item.author}: ${item.text.slice(0, 40)}`, thread: item.id });
    if (!item.thread.length) return message(item, { acts: [act("thread", item.id, "Start a thread", aim)] });
    const write = act("write", item.id, "Write in this thread", aim);
    write.classList.add("write");
    const title = `${item.thread.length} in the thread`;
    return message(item, { thread: threadBox(item.id, title, [...item.thread.map((each) => message(each)), write]) });
  }

  #send({ member, text, files, target }) {
    return post("api/matrix/messages", { member, text, files, room: this.#room.id, thread: target?.thread ?? "" });
  }
}

function latest(room) {
  const all = room.messages.flatMap((each) => [each, ...each.thread]);
  return all.reduce((most, each) => (each.at > most.at ? each : most), { at: 0, id: "" }).id;
}
