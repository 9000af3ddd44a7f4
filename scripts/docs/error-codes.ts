// What each error code means and what to do next: the prose of docs/errors.md. A code that the source throws and that is not
// here, or the reverse, fails `npm run docs`.

/** Code -> meaning and next step, one sentence each. */
export const ERROR_CODES: Readonly<Record<string, readonly [meaning: string, next: string]>> = {
  'bad-adapter': [
    'a low-rank adapter is damaged, or does not fit the model',
    'save the adapter again, or name the model it was trained for',
  ],
  'bad-archive': ['the archive with the SwiftShader driver is damaged', 'reinstall the package: `npm ci`'],
  'bad-artefact': ['a method names an artefact by something that is not a file name', 'correct the method'],
  'bad-data': [
    'a row of items, texts, passages or statements breaks a rule',
    'correct the row at the file and line that the message gives',
  ],
  'bad-digest': [
    'a downloaded file does not have the digest that the hub states',
    'pull again; if it repeats, check proxies and mirrors',
  ],
  'bad-embedding': [
    'the folder of a static embedder for retrieval is damaged or has another format',
    'export it again in model2vec’s layout',
  ],
  'bad-evaluation': [
    'an evaluation’s settings contradict each other, or its items are not what its kind declares',
    'change the setting that the message names, or the kind',
  ],
  'bad-hub': [
    'the hub’s address is invalid, or its answer cannot be right',
    'check `HF_ENDPOINT`, owner, name and revision',
  ],
  'bad-ids': ['`--ids` is not a list of token ids', 'write whole numbers separated by commas: `--ids 5,7,9`'],
  'bad-item': [
    'an item has the wrong number of options or of matching options',
    'give it two options or more, exactly one of them matching',
  ],
  'bad-kernel': ['a WGSL template or a kernel’s binding is wrong', 'report it: this is a fault of bench'],
  'bad-mask': [
    'a mask file is damaged, or was made for another model',
    'make the mask again with `bench mask make` on this model',
  ],
  'bad-model': [
    'a model folder is incomplete, or `config.json` has an invalid value',
    'compare the folder with the published one, or download it again',
  ],
  'bad-model-name': [
    'the name of a model of the hub is malformed',
    'write `hf:owner/name` or `hf:owner/name@revision`',
  ],
  'bad-options': [
    'an option of a method is invalid for this model or contradicts another',
    'change the option that the message names',
  ],
  'bad-outcomes': ['outcomes and items do not match', 'report it, or correct the method that returned them'],
  'bad-personas': [
    'the personas file breaks its schema or a rule',
    'correct the key at the file and line that the message gives',
  ],
  'bad-plugin': [
    'a plugin file or a method of your own cannot be loaded, has the wrong shape, or takes a name that is taken',
    'correct what the message names; see [api.md](api.md)',
  ],
  'bad-reference': [
    'the reference of the gate cannot be read, or does not fit the run',
    'run the suite again, and bless that run: `bench bless latest`',
  ],
  'bad-run': ['`run.json` or `items.jsonl` cannot be read', 'run the suite again with this version of bench'],
  'bad-sample': ['a calibration text has no token that counts, or more than fit', 'give longer or shorter texts'],
  'bad-sampling': ['a setting of text generation is out of range', 'set it to the range that the message gives'],
  'bad-score': [
    'the engine scored another number of tokens than asked',
    'report it, or look for a method that breaks the model',
  ],
  'bad-selection': [
    'a mask cannot be selected from this matrix in this group',
    'choose another `group` or other `targets`',
  ],
  'bad-sequence': [
    'a sequence is empty, or scoring starts outside it',
    'give at least one token of context and one to score',
  ],
  'bad-sketch': ['the sketch of a stored mask is damaged', 'run the cell again: `bench run SUITE --fresh`'],
  'bad-statistics': [
    'activation statistics or the input of a statistical test are invalid',
    'leave out the text or the figure that the message names',
  ],
  'bad-steer': ['a steering vector does not fit the network', 'make it on this model'],
  'bad-suite': ['the suite breaks its schema or a rule', 'correct the key at the file and line that the message gives'],
  'bad-template': [
    'the chat template is invalid, or rejects the messages',
    'give the model another template in the suite (`template:`)',
  ],
  'bad-text': ['a prompt or an answer is empty, or has no tokens', 'write a text that the tokenizer can represent'],
  'bad-token': [
    'a token id is outside the vocabulary, or a Hugging Face token is malformed',
    'use the tokenizer of this model; a token of the hub starts with hf_',
  ],
  'bad-tokenizer': [
    '`tokenizer.json` is damaged, uses a setting that is not supported, or takes too long or too much to read',
    'use the tokenizer.json that belongs to the model’s weights',
  ],
  'bad-trainer': [
    'the settings of LoRA training do not fit the model or the device',
    'change the setting that the message names',
  ],
  'bad-variant': [
    'a mask, adapter or layout cannot be applied to this model in this way',
    'leave `layout` out, or merge the adapter into the model',
  ],
  'bad-weights': [
    'a safetensors file is damaged, or does not fit `config.json`',
    'download all files of the model again from one place',
  ],
  'bad-window': [
    'window and stride of a perplexity measurement do not fit the model',
    'choose a window within the model’s positions, and a smaller stride',
  ],
  'cannot-flip': [
    'an item with more than two options would be judged for the opposite persona',
    'write items with two options, or leave the opposite out',
  ],
  'device-changed': ['the device that opened is not the one that the plan was made for', 'run again'],
  'device-lost': ['the device was lost while it computed', 'run again: what is stored is valid'],
  diverged: ['LoRA training diverged', 'lower the learning rate, raise the warm-up, or clip the gradient'],
  'duplicate-item': ['one id stands for two different questions', 'give each item its own id'],
  'empty-plan': ['the suite has no cells', 'name at least one model, persona, evaluation and method'],
  'few-neutral': [
    'there are fewer neutral passages than passages about personas',
    'add neutral passages (`neutral.knowledge` in the personas file)',
  ],
  'gpu-internal': ['the driver failed', 'run again, or try another device'],
  'gpu-limit': ['a step exceeds what the device can run at once', 'use shorter prompts, or fewer at once'],
  'gpu-memory': [
    'the model or a buffer does not fit the memory or the limits of the device',
    'use a smaller model or shorter prompts, or another device',
  ],
  'gpu-validation': ['the device refused a command', 'report it: this is a fault of bench'],
  'hub-access': [
    'the hub refuses access to the model',
    'accept its licence on the web, and put a token into `HF_TOKEN`',
  ],
  'hub-connection': [
    'the connection to the hub broke or was refused',
    'run the same command again: what was downloaded is kept',
  ],
  'hub-missing': ['the hub has no such model, revision or file', 'check owner, name and revision on huggingface.co'],
  'in-the-way': ['a file or folder exists where one would be written', 'name an empty folder'],
  'incomplete-run': [
    'a run with failed or missing cells cannot be blessed',
    'run it again until every cell is complete',
  ],
  internal: ['an unexpected failure inside a cell', 'run again with `BENCH_DEBUG=1`, and report it'],
  interrupted: [
    'a run was stopped before any method was finished (the document of `--json`; exit code 130)',
    'run the same command again: it continues from what is stored',
  ],
  'judge-failed': [
    'the endpoint of the judge gave no valid rating',
    'check the endpoint, the model and the key of the judge',
  ],
  'no-device': ['no device: no GPU, no driver, or none of the given name', 'follow the hint, and see `bench doctor`'],
  'model-changed': ['the weights of a model changed after the run was planned', 'run again'],
  'no-calibration': [
    'a method needs calibration texts, and there are none',
    'name calibration texts for the persona and its opposite',
  ],
  'no-cell': ['the plan has no cell of this number', 'take a number from `bench plan SUITE`'],
  'no-contrast': ['both poles leave the same activations', 'give the persona and its opposite texts of their own'],
  'no-description': ['retrieval needs a description of the persona', 'write one in the personas file'],
  'no-examples': [
    'there are fewer solved items or texts than `k`',
    'lower `k`, or add items with `split: calibration`',
  ],
  'no-gate': ['the suite has no `gate` section', 'name the gated rows: `gate: { rows: [prompting] }`'],
  'no-generic': [
    'a score needs neutral texts, and there are none',
    'name some under `neutral.texts` in the personas file',
  ],
  'no-items': ['there are no items to ask', 'name an items file for the persona'],
  'no-knowledge': [
    'retrieval needs passages of the persona, and there are none',
    'name a file of passages (`knowledge`)',
  ],
  'no-library': ['there are no passages to retrieve', 'name files of passages, or leave rag out'],
  'no-mask': ['a matrix lacks the mask that a score depends on', 'report it: this is a fault of bench'],
  'no-opposite': [
    'a method or a score needs the opposite persona, and it is missing',
    'give the persona an `opposite`, and select both',
  ],
  'no-other-trait': [
    'the control `other-persona` needs passages about another trait',
    'give personas of another trait passages, or leave the control out',
  ],
  'no-persona': ['a method needs a persona, and none is set', 'name a persona, or use `method: none`'],
  'no-reference': ['there is no reference to compare with', 'run the suite, then `bench bless latest`'],
  'no-row': ['the run lacks a row that its gate names', 'run the whole suite, without `--filter`, and bless that run'],
  'no-run': ['there is no such run', 'name the folder of a run, its run.json, or `latest`'],
  'no-seed': ['a random mask needs a seed', 'give one with `--seed`'],
  'no-set-up': [
    'no kind of evaluation in the registry says how methods are prepared',
    'pass the built-in kinds together with your own',
  ],
  'no-sparsity': ['a subnetwork needs a sparsity', 'give the suite a list `sparsity`'],
  'no-timestamps': [
    'the device has no timestamps, so kernels cannot be timed',
    'leave `--profile` out, or use another device',
  ],
  'no-tokenizer': [
    'the model has no `tokenizer.json`, and text is asked for',
    'put the tokenizer.json of the model into its folder',
  ],
  'no-tokenizer-library': [
    'the package `tokenizers` cannot be loaded',
    'install again with `npm ci`; it has builds for Linux, macOS, Windows and Android',
  ],
  'no-tokens': ['no token of the texts counts', 'give texts with an answer, or `tokens: all`'],
  'no-tuning': [
    'a method chooses a setting on tuning items, and there are none',
    'add items with `split: tuning`, or fix the setting in the suite',
  ],
  'no-wording': ['the persona has no prompt of this name', 'use one of the names that the message gives'],
  'not-downloaded': [
    'a model of the hub is not downloaded, and this verb never downloads',
    '`bench pull hf:owner/name`',
  ],
  'not-finite': ['the network computed NaN or infinity', 'check the weights, or the method that changes them'],
  'nothing-selected': ['`--filter` matches no cell', 'take names from `bench plan SUITE`'],
  offline: [
    'the model is not downloaded, and `HF_HUB_OFFLINE` forbids it',
    'unset it, or pull the model elsewhere and copy the cache folder',
  ],
  'plan-too-large': ['the suite has too many cells', 'split the suite, or remove values from an axis'],
  'sequence-too-long': [
    'a prompt with its answer has more tokens than the model has positions, or than fit a batch',
    'shorten the item or what the method adds',
  ],
  'too-long': ['the few-shot examples do not fit the model', 'lower `k`'],
  'two-bos': ['the prompt starts with two BOS tokens', 'write BOS once in the template, or not at all'],
  'unknown-data': ['there is no data set of this name', 'name one that the message lists: `bench pull data:bipo`'],
  'unknown-kind': [
    'the registry has no kind of evaluation of this name',
    'pass the registry that the suite was loaded with, with every kind that the suite names',
  ],
  'unknown-method': ['there is no method of this name', 'take a name from `bench list methods`'],
  'unknown-model': [
    'there is no bundled model and no folder of this name',
    'write a bundled name, a folder, or `hf:owner/name`',
  ],
  'unsupported-model': [
    'the model’s architecture, or a feature of it, is not supported',
    'use a model of a supported family',
  ],
  unwritable: ['a file or folder cannot be written', 'choose another folder, or free disk space'],
  usage: ['an argument of a verb is invalid', 'see `bench VERB --help`'],
};

/** Literals of the source that look like codes and are none. */
export const NO_CODES: readonly string[] = ['few-shot', 'no-bos', 'not-held', 'not-measured'];
