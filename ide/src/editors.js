import { useGraphiQL, useGraphiQLActions } from "@graphiql/react";
import { useEffect } from "react";

// Sixty columns fit beside the result at 1280 pixels, and the tour's comments have no more. Narrower windows wrap.
const OPTIONS = { fontSize: 13, lineHeight: 19, lineDecorationsWidth: 8, folding: false, wordWrap: "on" };

/** Lets all editors show whole lines. */
export function useWholeLines() {
  const editors = useGraphiQL((state) => [
    state.queryEditor,
    state.variableEditor,
    state.headerEditor,
    state.responseEditor,
  ]);
  useEffect(() => editors.forEach((editor) => editor?.updateOptions(OPTIONS)), [editors]);
}

/** Lets the editors follow a change of the system's theme, which GraphiQL reads only when it opens. */
export function useSystemTheme() {
  const theme = useGraphiQL((state) => state.theme);
  const { setTheme } = useGraphiQLActions();
  useEffect(() => {
    const dark = matchMedia("(prefers-color-scheme: dark)");
    const follow = () => setTheme(theme);
    dark.addEventListener("change", follow);
    return () => dark.removeEventListener("change", follow);
  }, [theme]);
}
