// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The PATH argument that most verbs share: its help, and telling the user what
// it was taken for.
#ifndef CAIRN_CLI_LOCATE_NOTE_H_
#define CAIRN_CLI_LOCATE_NOTE_H_

#include "cairn/cli/console.h"
#include "cairn/inspect/locate.h"

namespace cairn::cli {

inline constexpr char kPathHelp[] =
    "A checkpoint: its prefix, its .index or .data file, a checkpoint file, or "
    "a directory (then its latest checkpoint; a SavedModel's variables)";

// "cairn: reading tf_ckpt/model, the latest in tf_ckpt/checkpoint", unless the
// target is what the user typed.
void NoteTarget(const inspect::Target& target, Console& console);

}  // namespace cairn::cli

#endif  // CAIRN_CLI_LOCATE_NOTE_H_
