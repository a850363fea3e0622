/** The form that makes a table or changes one: a preset fills the rules, every rule stays open to change. */

import { html } from "htm/preact";
import { useState } from "preact/hooks";
import * as api from "../api.js";
import { plural } from "../format.js";
import { RULES, inPercent, rulesSheet, sameRules } from "../rules.js";
import { confirm } from "../ui/dialog.js";
import { toast } from "../ui/toast.js";
import { refusal } from "../words.js";
import { BLANK, SETTINGS, asForm, change, creation, differences, problemAt, readRules } from "./setup.js";

const idOf = (field) => `setup-${field.replace(".", "-")}`;

/** A labelled control with its help, and with what is wrong when the server named it. */
function Setting({ field, label, help, problem, children }) {
  const id = idOf(field);
  const wrong = problem?.field === field;
  return html`
    <div class="field">
      <label for=${id}>${label}</label>
      ${children({ id, "aria-describedby": wrong ? `${id}-problem ${id}-help` : `${id}-help`, "aria-invalid": wrong ? "true" : undefined })}
      ${wrong && html`<p class="problem" id=${`${id}-problem`}>${problem.text}</p>`}
      <p class="hint" id=${`${id}-help`}>${help}</p>
    </div>
  `;
}

/** One of a few values; they keep their types. */
function Choice({ options, value, onPick, ...rest }) {
  const pick = (event) => onPick(options[event.currentTarget.selectedIndex][0]);
  return html`
    <select ...${rest} onChange=${pick}>
      ${options.map(([each, words]) => html`<option key=${words} selected=${each === value}>${words}</option>`)}
    </select>
  `;
}

function SettingsGroup({ title, group, form, table, problem, onChange }) {
  return html`
    <fieldset class="settings">
      <legend>${title}</legend>
      ${SETTINGS.filter((each) => each.group === group).map(
        ({ key, label, help, options, inputmode, maxlength }) => html`
          <${Setting} key=${key} field=${key} label=${label} help=${help} problem=${problem}>
            ${(rest) =>
              options
                ? html`<${Choice} ...${rest} options=${options} value=${form.settings[key]} onPick=${(value) => onChange(key, value)} />`
                : html`<input
                    ...${rest}
                    value=${form.settings[key]}
                    inputmode=${inputmode}
                    maxlength=${maxlength}
                    disabled=${key === "table_id" && table !== null}
                    autocomplete="off"
                    onInput=${(event) => onChange(key, event.currentTarget.value)}
                  />`}
          <//>
        `,
      )}
    </fieldset>
  `;
}

function RulesGroup({ form, problem, onChange, onPercent, children }) {
  return html`
    <fieldset class="settings">
      <legend>Rules</legend>
      ${children}
      ${RULES.map(
        ({ key, label, help, options }) => html`
          <${Setting} key=${key} field=${`rules.${key}`} label=${label} help=${help} problem=${problem}>
            ${(rest) =>
              options
                ? html`<${Choice} ...${rest} options=${options} value=${form.rules[key]} onPick=${(value) => onChange(key, value)} />`
                : html`<input ...${rest} value=${form.percent} inputmode="decimal" autocomplete="off" onInput=${(event) => onPercent(event.currentTarget.value)} />`}
          <//>
        `,
      )}
    </fieldset>
  `;
}

function Source({ preset }) {
  const { published } = preset;
  return html`
    <p>${preset.description}</p>
    ${preset.differs && html`<p>${preset.differs}</p>`}
    <p class="muted">
      Source: ${preset.source}.
      ${published && html` House edge ${published.is_estimate ? "about " : ""}${(100 * published.house_edge).toFixed(2)} % (${published.source}).`}
    </p>
  `;
}

/** What the rules are called, to pick from; rules that are no preset's are the table's own. */
function PresetPicker({ presets, named, base, problem, onPick }) {
  const from = presets.find((each) => each.name === base);
  const options = [...presets.map((each) => [each.name, each.title]), ...(named ? [] : [["", from ? `Own rules, after ${from.title}` : "Own rules"]])];
  return html`
    <${Setting} field="preset" label="Preset" help="Fills the rules below; change any of them." problem=${problem}>
      ${(rest) => html`<${Choice} ...${rest} options=${options} value=${named?.name ?? ""} onPick=${onPick} />`}
    <//>
    <div class="preset-note">${named ? html`<${Source} preset=${named} />` : html`<p>These rules are no preset's: the table plays a game of its own.</p>`}</div>
  `;
}

function Preview({ rules }) {
  return html`
    <section class="panel preview" aria-labelledby="preview-title">
      <h2 id="preview-title">As the players read it</h2>
      <dl class="sheet">${rulesSheet(rules).map(([name, text]) => html`<dt key=${name}>${name}</dt><dd>${text}</dd>`)}</dl>
    </section>
  `;
}

async function agreed(table, form, named) {
  if (table === null) {
    return confirm({
      title: `Open ${form.settings.name.trim() || "this table"}?`,
      text: `${named?.title ?? "Own rules"}, ${form.settings.seats} seats, bets from ${form.settings.min_bet} to ${form.settings.max_bet}. Players see it in the lobby at once.`,
      action: "Open the table",
    });
  }
  const changes = differences(table, form);
  return confirm({
    title: `Change ${table.name}?`,
    text: `${plural(changes.length, "change")} from the next round on: ${changes.join("; ")}.`,
    action: "Change the table",
  });
}

/** `table` null makes a new one; `onDone` gets the table as the server has it, or null when it was left alone. */
export function TableForm({ table, presets, onDone }) {
  const house = presets[0];
  const [form, setForm] = useState(() => asForm(table ?? BLANK, table?.rules ?? house.rules));
  const [base, setBase] = useState(table ? (table.preset?.name ?? null) : house.name);
  const [problem, setProblem] = useState(null);
  const [busy, setBusy] = useState(false);
  const rules = readRules(form);
  const named = presets.find((each) => sameRules(each.rules, rules)) ?? null;

  const pick = (name) => {
    const preset = presets.find((each) => each.name === name);
    if (!preset) return;
    setBase(name);
    setForm((old) => ({ ...old, rules: preset.rules, percent: inPercent(preset.rules.penetration) }));
  };
  const save = () =>
    table === null ? api.post("/api/admin/tables", creation(form, presets, base)) : api.patch(`/api/admin/tables/${table.table_id}`, change(table, form, presets, base));

  const submit = async (event) => {
    event.preventDefault();
    if (busy) return;
    if (table !== null && differences(table, form).length === 0) {
      setProblem({ field: null, text: "Nothing is different yet." });
      return;
    }
    if (!(await agreed(table, form, named))) return;
    setBusy(true);
    setProblem(null);
    try {
      const saved = await save();
      toast(table === null ? `${saved.name} is open.` : `${saved.name} changes with its next round.`, "ok");
      onDone(saved);
    } catch (error) {
      const found = problemAt(error.error);
      setProblem(found ?? { field: null, text: refusal(error.error ?? { code: "internal" }) });
      if (found) document.getElementById(idOf(found.field))?.focus();
      setBusy(false);
    }
  };
  const onSetting = (key, value) => setForm((old) => ({ ...old, settings: { ...old.settings, [key]: value } }));
  const onRule = (key, value) => setForm((old) => ({ ...old, rules: { ...old.rules, [key]: value } }));

  return html`
    <form class="set-up" onSubmit=${submit} novalidate>
      <div class="panel">
        ${table !== null && html`<p class="note">The round in play ends as it began. What you change holds from the next round on.</p>`}
        <${SettingsGroup} title="Table" group="table" form=${form} table=${table} problem=${problem} onChange=${onSetting} />
        <${SettingsGroup} title="Limits and seats" group="limits" form=${form} table=${table} problem=${problem} onChange=${onSetting} />
        <${RulesGroup} form=${form} problem=${problem} onChange=${onRule} onPercent=${(percent) => setForm((old) => ({ ...old, percent }))}>
          <${PresetPicker} presets=${presets} named=${named} base=${base} problem=${problem} onPick=${pick} />
        <//>
        <${SettingsGroup} title="Time and help" group="times" form=${form} table=${table} problem=${problem} onChange=${onSetting} />
      </div>
      <${Preview} rules=${rules} />
      <div class="row submit">
        <button class="button primary" type="submit" disabled=${busy}>${busy ? "One moment…" : table === null ? "Make the table" : "Change the table"}</button>
        <button class="button" type="button" onClick=${() => onDone(null)}>Leave it</button>
        <p class="problem" role="alert">${problem && (problem.field ? "Please look at the field marked red." : problem.text)}</p>
      </div>
    </form>
  `;
}
