// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What hostile files can do:
//   a vocabulary of many gigabytes   kMaxVocabularyBytes
//   words twice, or too few          InvalidArgument
//   more words than stored rows      InvalidArgument, before a row is copied
#include "cairn/saver/vocab_remap.h"

#include <cstring>
#include <map>
#include <optional>

#include "cairn/base/strings.h"

namespace cairn::saver {
namespace {

constexpr uint64_t kMaxVocabularyBytes = uint64_t{1} << 30;

// The first `size` lines, or all if it is negative.
StatusOr<std::vector<std::string>> ReadVocabulary(FileSystem& fs,
                                                  const std::string& path,
                                                  int64_t size) {
  CAIRN_ASSIGN_OR_RETURN(std::string text,
                         fs.ReadFile(path, kMaxVocabularyBytes));
  if (text.ends_with('\n')) text.pop_back();
  std::vector<std::string> words;
  if (text.empty() && size <= 0) return words;
  for (std::string_view line : Split(text, '\n')) {
    if (size >= 0 && words.size() == static_cast<size_t>(size)) break;
    if (line.ends_with('\r')) line.remove_suffix(1);
    words.emplace_back(line);
  }
  if (size > 0 && words.size() < static_cast<size_t>(size)) {
    return InvalidArgumentError(StrCat("vocabulary ", Escape(path), " has ",
                                       words.size(), " words, not ", size));
  }
  return words;
}

// New index -> old index, or -1 for a new word.
StatusOr<std::vector<int64_t>> Remapping(FileSystem& fs, const VocabInfo& info,
                                         int64_t stored) {
  CAIRN_ASSIGN_OR_RETURN(
      const auto old_words,
      ReadVocabulary(fs, info.old_vocab, info.old_vocab_size));
  CAIRN_ASSIGN_OR_RETURN(
      const auto new_words,
      ReadVocabulary(fs, info.new_vocab, info.new_vocab_size));
  if (old_words.size() > static_cast<uint64_t>(stored)) {
    return InvalidArgumentError(StrCat("vocabulary ", Escape(info.old_vocab),
                                       " has ", old_words.size(),
                                       " words, but the tensor only ", stored));
  }
  std::map<std::string_view, int64_t> places;
  for (size_t i = 0; i < old_words.size(); ++i) {
    if (!places.insert({old_words[i], static_cast<int64_t>(i)}).second) {
      return InvalidArgumentError(StrCat("vocabulary ", Escape(info.old_vocab),
                                         " has the word '",
                                         Escape(old_words[i]), "' twice"));
    }
  }
  std::vector<int64_t> remapping;
  for (const std::string& word : new_words) {
    const auto it = places.find(word);
    remapping.push_back(it == places.end() ? -1 : it->second);
  }
  // The spare buckets.
  remapping.resize(remapping.size() + static_cast<size_t>(info.num_oov_buckets),
                   -1);
  return remapping;
}

// A matrix, or a vector as one column.
struct Matrix {
  int64_t rows = 0;
  int64_t columns = 1;
};
std::optional<Matrix> MatrixOf(const Shape& shape) {
  if (shape.rank() == 1) return Matrix{shape.dim(0), 1};
  if (shape.rank() == 2) return Matrix{shape.dim(0), shape.dim(1)};
  return std::nullopt;
}

Status CheckInfo(const VocabInfo& info) {
  if (info.axis != 0 && info.axis != 1) {
    return InvalidArgumentError(
        StrCat("The only supported values for the axis argument are 0 and 1.  "
               "Provided axis: ",
               info.axis));
  }
  if (info.new_vocab.empty() || info.new_vocab_size <= 0 ||
      info.old_vocab.empty()) {
    return InvalidArgumentError(
        "Invalid args: Must provide all of [current_vocab_path, "
        "current_vocab_size, prev_ckpt, prev_vocab_path}.");
  }
  if (info.num_oov_buckets < 0 || info.num_oov_buckets > INT32_MAX) {
    return InvalidArgumentError(
        StrCat("num_oov_buckets is ", info.num_oov_buckets));
  }
  return OkStatus();
}

class Remapper {
 public:
  Remapper(const Tensor& stored, const Matrix& from,
           const std::vector<int64_t>& remapping, const VocabInfo& info)
      : stored_(stored), from_(from), remapping_(remapping), info_(info) {}

  // The part of the new matrix that starts at `row0`, `column0`.
  StatusOr<Tensor> Make(const Shape& shape, int64_t row0,
                        int64_t column0) const {
    CAIRN_ASSIGN_OR_RETURN(
        Tensor out, info_.backup_initializer != nullptr
                        ? info_.backup_initializer(stored_.dtype(), shape)
                        : Tensor::Create(stored_.dtype(), shape));
    if (out.dtype() != stored_.dtype() || out.shape() != shape) {
      return InvalidArgumentError(
          StrCat("the backup initializer made ", DataTypeName(out.dtype()),
                 out.shape().ToString(), ", not ",
                 DataTypeName(stored_.dtype()), shape.ToString()));
    }
    const Matrix to = *MatrixOf(shape);
    const auto size = static_cast<size_t>(DataTypeSize(stored_.dtype()));
    const bool by_row = info_.axis == 0;
    for (int64_t row = 0; row < to.rows; ++row) {
      const int64_t from_row = by_row ? Old(row0 + row) : row0 + row;
      if (from_row < 0) continue;
      for (int64_t column = 0; column < to.columns; ++column) {
        const int64_t from_column =
            by_row ? column0 + column : Old(column0 + column);
        if (from_column < 0) continue;
        std::memcpy(
            out.mutable_bytes().data() +
                static_cast<size_t>(row * to.columns + column) * size,
            stored_.bytes().data() +
                static_cast<size_t>(from_row * from_.columns + from_column) *
                    size,
            size);
      }
    }
    return out;
  }

 private:
  int64_t Old(int64_t index) const {
    return remapping_[static_cast<size_t>(index)];
  }

  const Tensor& stored_;
  const Matrix from_;
  const std::vector<int64_t>& remapping_;
  const VocabInfo& info_;
};

}  // namespace

StatusOr<std::vector<Tensor>> RemapVocabulary(
    FileSystem& fs, const CheckpointSource& source, std::string_view tensor,
    const std::vector<SaverPart>& parts, const VocabInfo& info) {
  CAIRN_RETURN_IF_ERROR(CheckInfo(info));
  CAIRN_ASSIGN_OR_RETURN(const Tensor stored, source.Read(tensor));
  const auto* first = dynamic_cast<const Variable*>(parts[0].object);
  const Shape& full =
      parts[0].slice ? parts[0].slice->full_shape : first->shape();
  const std::optional<Matrix> from = MatrixOf(stored.shape());
  const std::optional<Matrix> to = MatrixOf(full);
  const auto refuse = [&](std::string_view why) {
    return InvalidArgumentError(StrCat(
        "variable of shape ", full.ToString(), " cannot take the words of ",
        Escape(tensor), stored.shape().ToString(), ": ", why));
  };
  if (!from || !to || full.rank() != stored.shape().rank() ||
      info.axis >= full.rank() || !IsFixedSize(stored.dtype())) {
    return refuse("it takes a matrix or a vector of numbers");
  }
  if (first->dtype() != stored.dtype()) return refuse("the dtypes differ");
  const bool by_row = info.axis == 0;
  if (by_row ? from->columns != to->columns : from->rows != to->rows) {
    return refuse("the other axis differs");
  }
  CAIRN_ASSIGN_OR_RETURN(
      const std::vector<int64_t> remapping,
      Remapping(fs, info, by_row ? from->rows : from->columns));
  if (remapping.size() !=
      static_cast<size_t>(by_row ? to->rows : to->columns)) {
    return refuse(StrCat("the new vocabulary and its buckets are ",
                         remapping.size(), " entries"));
  }
  const Remapper remapper(stored, *from, remapping, info);
  std::vector<Tensor> values;
  for (const SaverPart& part : parts) {
    const auto* variable = dynamic_cast<const Variable*>(part.object);
    int64_t row0 = 0, column0 = 0;
    if (part.slice) {
      row0 = part.slice->offset[0];
      if (part.slice->offset.size() > 1) column0 = part.slice->offset[1];
    }
    CAIRN_ASSIGN_OR_RETURN(Tensor value,
                           remapper.Make(variable->shape(), row0, column0));
    values.push_back(std::move(value));
  }
  return values;
}

}  // namespace cairn::saver
