// What htmx does not do by itself: the sign of life, copying, and taking a notice out of the address once it was said.
(() => {
  const sign = document.getElementById('live-sign');
  const show = on => {
    if (sign && sign.dataset.state !== String(on)) {
      sign.dataset.state = String(on);
      sign.textContent = on ? sign.dataset.on : sign.dataset.off;
    }
  };
  document.addEventListener('htmx:sse:after:connection', () => show(true));
  document.addEventListener('htmx:sse:error', () => show(false));
  document.addEventListener('htmx:sse:close', () => show(false));

  const address = new URL(location.href);
  if (address.searchParams.has('done')) {
    address.searchParams.delete('done');
    history.replaceState(history.state, '', address);
  }

  document.addEventListener('click', async event => {
    const button = event.target.closest('[data-copy]');
    const source = button && document.getElementById(button.dataset.copy);
    if (!source) return;
    try {
      await navigator.clipboard.writeText(source.textContent);
      button.textContent = button.dataset.copied;
    } catch {
      // Without https browsers allow no clipboard: the text is selected instead.
      getSelection().selectAllChildren(source);
    }
  });
})();
