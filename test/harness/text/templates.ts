// Chat formats of well-known models in templates of our own, for the renderings whose vendor template is not at hand.

const LLAMA3 = `{{- bos_token }}
{%- if strftime_now is defined %}{% set date = strftime_now("%d %b %Y") %}{% else %}{% set date = "26 Jul 2024" %}{% endif %}
{%- set rest = messages %}{% set system = "" %}
{%- if messages[0].role == "system" %}{% set system = messages[0].content|trim %}{% set rest = messages[1:] %}{% endif %}
{{- "<|start_header_id|>system<|end_header_id|>\\n\\nCutting Knowledge Date: December 2023\\nToday Date: " + date + "\\n\\n" + system + "<|eot_id|>" }}
{%- for m in rest %}
{{- "<|start_header_id|>" + m.role + "<|end_header_id|>\\n\\n" + m.content|trim + "<|eot_id|>" }}
{%- endfor %}
{%- if add_generation_prompt %}{{ "<|start_header_id|>assistant<|end_header_id|>\\n\\n" }}{% endif %}`;

const QWEN3 = `{%- set last = namespace(user=0) %}
{%- for m in messages %}{% if m.role == "user" %}{% set last.user = loop.index0 %}{% endif %}{% endfor %}
{%- for m in messages %}
{%- set thought = "<think>\\n\\n</think>\\n\\n" if m.role == "assistant" and loop.index0 > last.user else "" %}
{{- "<|im_start|>" + m.role + "\\n" + thought + m.content + "<|im_end|>\\n" }}
{%- endfor %}
{%- if add_generation_prompt %}{{- "<|im_start|>assistant\\n" }}{% endif %}`;

const PHI = `{% for m in messages %}{{ "<|" + m["role"] + "|>\\n" + m["content"] + "<|end|>\\n" }}{% endfor %}
{%- if add_generation_prompt %}{{ "<|assistant|>\\n" }}{% else %}{{ eos_token }}{% endif %}`;

const GEMMA = `{{ bos_token }}{% if messages[0].role == "system" %}{{ raise_exception("System role not supported") }}{% endif %}
{%- for m in messages %}
{%- if m.role == "assistant" %}{% set role = "model" %}{% else %}{% set role = m.role %}{% endif %}
{{- "<start_of_turn>" + role + "\\n" + m.content|trim + "<end_of_turn>\\n" }}
{%- endfor %}
{%- if add_generation_prompt %}{{ "<start_of_turn>model\\n" }}{% endif %}`;

/** SmolLM3 states a default when no system message is given; the test takes its words from a rendering. */
const SMOLLM3 = `{%- set said = DEFAULT %}{% set rest = messages %}
{%- if messages[0].role == "system" %}{% set said = messages[0].content.rstrip() %}{% set rest = messages[1:] %}{% endif %}
{{- "<|im_start|>system\\n## Metadata\\n\\nKnowledge Cutoff Date: June 2025\\nReasoning Mode: /think\\n\\n## Custom Instructions\\n\\n" + said + "\\n\\n<|im_end|>\\n" }}
{%- for m in rest %}{{ "<|im_start|>" ~ m.role ~ "\\n" ~ m.content ~ "<|im_end|>\\n" }}{% endfor %}
{%- if add_generation_prompt %}{{ "<|im_start|>assistant\\n" }}{% endif %}`;

export const OWN_TEMPLATES: Readonly<Record<string, string>> = {
  'meta-llama-Llama-3.1-8B-Instruct': LLAMA3,
  'meta-llama-Llama-3.2-3B-Instruct': LLAMA3,
  'Qwen-Qwen3-0.6B': QWEN3,
  'microsoft-Phi-3.5-mini-instruct': PHI,
  'google-gemma-2-2b-it': GEMMA,
  'HuggingFaceTB-SmolLM3-3B': SMOLLM3,
};
