"use strict";
// Filters by hiding cards, some at a time. Nothing is built from text: replies are never parsed as HTML.
document.documentElement.className = "js";
const AT_A_TIME = 30;
const element = (id) => document.getElementById(id);
const form = element("filters");
const cards = [...document.querySelectorAll(".card")];
const note = element("count").textContent;
let most = AT_A_TIME;

function matches(card, wanted) {
  for (const [name, value] of wanted) {
    if (name === "text") {
      if (!card.textContent.toLowerCase().includes(value.toLowerCase())) return false;
    } else if (card.dataset[name] !== value) {
      return false;
    }
  }
  return true;
}

function apply() {
  const wanted = [...new FormData(form)].filter(([, value]) => value !== "");
  let found = 0;
  for (const card of cards) {
    const fits = matches(card, wanted);
    found += fits ? 1 : 0;
    card.hidden = !fits || found > most;
  }
  element("count").textContent = wanted.length ? `${found} of ${cards.length} match. ${note}` : note;
  element("none").classList.toggle("hidden", found > 0);
  element("rest").classList.toggle("hidden", found <= most);
  element("more").textContent = `Show ${Math.min(AT_A_TIME, found - most)} more of ${found - most}`;
}

function again() {
  most = AT_A_TIME;
  apply();
}

// a text field tells of every letter by "input"; some ways to choose from a list tell by "change" alone
for (const name of ["input", "change"]) form.addEventListener(name, again);
form.addEventListener("submit", (event) => event.preventDefault());
element("reset").addEventListener("click", () => { form.reset(); again(); });
element("more").addEventListener("click", () => { most += AT_A_TIME; apply(); });
element("unfold").addEventListener("click", (event) => {
  const open = event.target.textContent === "Unfold all";
  for (const card of cards) card.open = open;
  event.target.textContent = open ? "Fold all" : "Unfold all";
});
for (const link of document.querySelectorAll("[data-show]")) {
  link.addEventListener("click", () => {
    form.reset();
    form.querySelector(`[name=outcome][value=${link.dataset.show}]`)?.click();
    again();
  });
}
// browsers keep the form's state over a reload
apply();
