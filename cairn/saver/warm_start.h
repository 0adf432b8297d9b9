// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// WarmStart: sets a model's variables from the checkpoint of another one, as
// tf.compat.v1.train.warm_start does: those whose names match, under other
// names, and with the rows of an embedding moved from an old vocabulary's order
// to a new one's.
//
//   WarmStartOptions options;
//   options.variables = "encoder/.*";                 // trainable ones
//   options.vocab_info["encoder/table"] = {.new_vocab = "new.txt",
//       .new_vocab_size = 1000, .old_vocab = "old.txt"};
//   CAIRN_ASSIGN_OR_RETURN(auto report,
//                          WarmStart(fs, "dir/model", graph, options));
#ifndef CAIRN_SAVER_WARM_START_H_
#define CAIRN_SAVER_WARM_START_H_

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

#include "cairn/base/file_system.h"
#include "cairn/base/status.h"
#include "cairn/saver/var_list.h"
#include "cairn/tensor/tensor.h"

namespace cairn::saver {

// Which words the rows (or columns) of a variable stand for. Vocabulary files
// have one word a line.
struct VocabInfo {
  std::string new_vocab;        // file
  int64_t new_vocab_size = 0;   // its first words
  int64_t num_oov_buckets = 0;  // entries after those, for other words
  std::string old_vocab;        // file, of the checkpoint
  int64_t old_vocab_size = -1;  // its first words; -1: all
  // Makes the values of a variable of that type and shape, of which new words
  // and buckets take theirs; null: zeros.
  std::function<StatusOr<Tensor>(DataType, const Shape&)> backup_initializer =
      nullptr;
  int axis = 0;  // 0: rows, 1: columns
};

struct WarmStartOptions {
  // A regular expression (RE2's syntax), matched from the start of the names of
  // the trainable variables; or several, of all variables; or variables; or
  // nothing: only trainable ones of vocab_info. A name ends in ":0", a part's
  // in "/part_0:0".
  std::variant<std::string, std::vector<std::string>, std::vector<SaverItem>,
               std::monostate>
      variables = std::string(".*");
  // By variable; a partitioned one by its full name.
  std::map<std::string, VocabInfo> vocab_info = {};
  // Variable -> its name in the checkpoint. Without any, an object-based
  // checkpoint is read by full names.
  std::map<std::string, std::string> previous_names = {};
};

struct WarmStartReport {
  // Variable and where its value came from, in the graph's order.
  std::vector<std::pair<std::string, std::string>> variables;
};

// Sets all that it reports, or none. `path` is a checkpoint, or a directory,
// which means its latest one. InvalidArgument: entries of vocab_info or
// previous_names that no variable uses, a wrong expression, vocabulary or
// shape, an object-based checkpoint without some of the variables.
StatusOr<WarmStartReport> WarmStart(FileSystem& fs, const std::string& path,
                                    const std::vector<SaverItem>& graph,
                                    const WarmStartOptions& options = {});

}  // namespace cairn::saver

#endif  // CAIRN_SAVER_WARM_START_H_
