/* A number and its slider say the same: moving one moves the other. Only the number is sent. */
(() => {
  "use strict";
  document.addEventListener("input", (event) => {
    const twin = document.getElementById(event.target.dataset?.twin ?? "");
    if (!twin || event.target.value === "") return;
    if (twin.type === "range" && Number(event.target.value) > Number(twin.max)) twin.max = event.target.value;
    twin.value = event.target.value;
  });
})();
