// Hands the options of a passkey ceremony to the browser's authenticator, and its answer to the form.
// Source: W3C Web Authentication Level 3, parseCreationOptionsFromJSON and its like.
"use strict";
const form = document.querySelector("form[data-passkey]");
form.addEventListener("submit", async (event) => {
  if (form.elements.answer.value) return;
  event.preventDefault();
  const fault = form.querySelector("[data-fault]");
  fault.hidden = true;
  try {
    const options = JSON.parse(form.dataset.options);
    const P = PublicKeyCredential;
    const given =
      form.dataset.passkey === "add"
        ? await navigator.credentials.create({ publicKey: P.parseCreationOptionsFromJSON(options) })
        : await navigator.credentials.get({ publicKey: P.parseRequestOptionsFromJSON(options) });
    form.elements.answer.value = JSON.stringify(given.toJSON());
    form.submit();
  } catch {
    fault.hidden = false;
  }
});
