/** Buttons that copy the text of a field; without a script the field can be selected by hand. */
for (const button of document.querySelectorAll<HTMLButtonElement>("button[data-copy]")) {
  const field = document.getElementById(button.dataset.copy ?? "") as HTMLTextAreaElement | null;
  const status = button.parentElement?.querySelector<HTMLElement>("[role=status]");
  if (!field || !status) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(field.value);
      status.textContent = button.dataset.copied ?? "";
    } catch {
      // No clipboard (no secure context, no permission): the person can still copy the selection.
      field.select();
      status.textContent = button.dataset.failed ?? "";
    }
  });
}
