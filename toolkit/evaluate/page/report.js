"use strict";
// Filters by hiding cards. Nothing is built from text: replies are never parsed as HTML.
document.documentElement.className = "js";
const form = document.getElementById("filters");
const cards = [...document.querySelectorAll(".card")];
const count = document.getElementById("count");
const note = count.textContent.trim();
const none = document.getElementById("none");

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
  let shown = 0;
  for (const card of cards) {
    card.hidden = !matches(card, wanted);
    shown += card.hidden ? 0 : 1;
  }
  count.textContent = wanted.length ? `${shown} of ${cards.length} shown. ${note}` : note;
  none.classList.toggle("hidden", shown > 0);
}

form.addEventListener("input", apply);
form.addEventListener("submit", (event) => event.preventDefault());
document.getElementById("reset").addEventListener("click", () => { form.reset(); apply(); });
// browsers keep the form's state over a reload
apply();
