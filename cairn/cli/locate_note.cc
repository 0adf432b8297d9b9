// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/cli/locate_note.h"

#include "cairn/base/strings.h"
#include "cairn/cli/text.h"

namespace cairn::cli {

void NoteTarget(const inspect::Target& target, Console& console) {
  if (target.note.empty()) return;
  console.Note(StrCat("reading ", Printable(target.path), ": ", target.note));
}

}  // namespace cairn::cli
