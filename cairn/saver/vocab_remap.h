// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Moves the rows or columns of a stored matrix from an old vocabulary's order
// to a new one's.
//
// Of this room only.
#ifndef CAIRN_SAVER_VOCAB_REMAP_H_
#define CAIRN_SAVER_VOCAB_REMAP_H_

#include <string>
#include <string_view>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/saver/checkpoint_source.h"
#include "cairn/saver/var_list.h"
#include "cairn/saver/warm_start.h"

namespace cairn::saver {

// A value for each part of the variable.
StatusOr<std::vector<Tensor>> RemapVocabulary(
    FileSystem& fs, const CheckpointSource& source, std::string_view tensor,
    const std::vector<SaverPart>& parts, const VocabInfo& info);

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_VOCAB_REMAP_H_
