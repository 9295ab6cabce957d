// The token of a link stands after "#", so that no server, proxy or log ever sees it
// in an address. Here it is taken out of the address bar and posted.
const form = document.querySelector("[data-hash-form]");
const field = document.querySelector("[data-hash-field]");
const otherwise = document.querySelector("[data-hash-else]");

function token() {
  try {
    return decodeURIComponent(location.hash.slice(1)).replace(/^token=/, "");
  } catch (error) {
    return "";
  }
}

const found = token();
if (form && field && found) {
  history.replaceState(null, "", location.pathname + location.search);
  field.value = found;
  form.hidden = false;
  if (otherwise) otherwise.hidden = true;
  form.submit();
}
