// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/object/restore.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "cairn/base/strings.h"

namespace cairn::object {

LoadStatus::LoadStatus(std::shared_ptr<internal::RestoreState> state)
    : state_(std::move(state)) {}

Status LoadStatus::AssertConsumed() const { return state_->AssertConsumed(); }

Status LoadStatus::AssertExistingObjectsMatched() const {
  return state_->AssertExistingObjectsMatched();
}

Status LoadStatus::AssertNontrivialMatch() const {
  return state_->AssertNontrivialMatch();
}

MatchReport LoadStatus::Report() const { return state_->Report(); }

}  // namespace cairn::object

namespace cairn::object::internal {
namespace {

constexpr size_t kMaxListed = 10;

// The name TensorFlow's runtime, not its Python, has for the type.
std::string RuntimeName(DataType dtype) {
  switch (dtype) {
    case DataType::kFloat:
      return "float";
    case DataType::kDouble:
      return "double";
    case DataType::kHalf:
      return "half";
    default:
      return DataTypeName(dtype);
  }
}

// "(2, 3)", "(2,)", "()".
std::string TupleText(const Shape& shape) {
  std::string text = "(";
  for (int i = 0; i < shape.rank(); ++i) {
    text += StrCat(i > 0 ? " " : "", shape.dim(i),
                   i + 1 < shape.rank() || i == 0 ? "," : "");
  }
  return text + ")";
}

std::string Where(const bundle::BundleReader& reader, std::string_view key) {
  return StrCat(" (", Escape(key), " in ", Escape(reader.prefix()), ")");
}

std::string DtypeMismatch(KeyKind kind, std::string_view key, DataType expected,
                          DataType stored) {
  if (kind == KeyKind::kVariableName) {
    return StrCat("Trying to assign variable with wrong dtype. Expected ",
                  RuntimeName(expected), " got ", RuntimeName(stored),
                  "; tensor_name = ", Escape(key));
  }
  return StrCat("tensor_name = ", Escape(key), "; expected dtype ",
                RuntimeName(expected), " does not equal original dtype ",
                RuntimeName(stored));
}

Status ShapeMismatch(const bundle::BundleReader& reader, std::string_view key,
                     const Saveable& saveable, const Shape& stored) {
  return InvalidArgumentError(
      StrCat("Received incompatible tensor with shape ", TupleText(stored),
             " when attempting to restore variable with shape ",
             TupleText(*saveable.expected_shape()), " and name ",
             Escape(saveable.full_name()), Where(reader, key)));
}

bool DtypeFits(const Saveable& saveable, DataType dtype) {
  return saveable.expected_dtype() == DataType::kInvalid ||
         saveable.expected_dtype() == dtype;
}

bool ShapeFits(const Saveable& saveable, const Shape& shape) {
  return saveable.expected_shape() == nullptr ||
         *saveable.expected_shape() == shape;
}

}  // namespace

int64_t NextRestoreNumber() {
  static std::atomic<int64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

Status CheckFits(const bundle::BundleReader& reader, KeyKind kind,
                 const Saveable& saveable, std::string_view key, DataType dtype,
                 const Shape& shape) {
  if (!DtypeFits(saveable, dtype)) {
    return InvalidArgumentError(
        StrCat(Escape(reader.prefix()), ": ",
               DtypeMismatch(kind, key, saveable.expected_dtype(), dtype)));
  }
  if (!ShapeFits(saveable, shape)) {
    return ShapeMismatch(reader, key, saveable, shape);
  }
  return OkStatus();
}

Status Stage(const bundle::BundleReader& reader, KeyKind kind,
             std::vector<Assignment>& assignments) {
  std::stable_sort(
      assignments.begin(), assignments.end(),
      [](const Assignment& a, const Assignment& b) { return a.key < b.key; });
  std::vector<std::string> wrong_dtypes;
  Status wrong_shape;
  for (const Assignment& assignment : assignments) {
    const StatusOr<bundle::BundleEntry> entry = reader.Lookup(assignment.key);
    if (absl::IsNotFound(entry.status())) {
      return NotFoundError(StrCat("Key ", Escape(assignment.key),
                                  " not found in checkpoint ",
                                  Escape(reader.prefix())));
    }
    CAIRN_RETURN_IF_ERROR(entry.status());
    const Saveable* const saveable = assignment.saveable;
    if (saveable == nullptr) continue;
    if (!DtypeFits(*saveable, entry->dtype)) {
      wrong_dtypes.push_back(DtypeMismatch(
          kind, assignment.key, saveable->expected_dtype(), entry->dtype));
    } else if (!ShapeFits(*saveable, entry->shape)) {
      wrong_shape.Update(
          ShapeMismatch(reader, assignment.key, *saveable, entry->shape));
    }
  }
  if (!wrong_dtypes.empty()) {
    return InvalidArgumentError(
        StrCat(Escape(reader.prefix()), ": ", Join(wrong_dtypes, "\n")));
  }
  CAIRN_RETURN_IF_ERROR(wrong_shape);
  for (Assignment& assignment : assignments) {
    CAIRN_ASSIGN_OR_RETURN(assignment.value, reader.Read(assignment.key));
  }
  return OkStatus();
}

// A value whose dtype and shape are known beforehand cannot be refused any
// more; others may, so they come first and can be put back.
Status AssignAll(std::vector<Assignment>& assignments) {
  struct Before {
    Saveable* saveable;
    Tensor value;
  };
  const auto is_sure = [](const Assignment& assignment) {
    return assignment.saveable->expected_dtype() != DataType::kInvalid &&
           assignment.saveable->expected_shape() != nullptr;
  };
  std::stable_partition(
      assignments.begin(), assignments.end(),
      [&](const Assignment& assignment) { return !is_sure(assignment); });
  std::vector<Before> before;
  const auto assign = [&](Assignment& assignment) -> Status {
    if (!is_sure(assignment)) {
      Tensor scratch;
      CAIRN_ASSIGN_OR_RETURN(const TensorView view,
                             assignment.saveable->Value(&scratch));
      if (view.is_valid()) {
        CAIRN_ASSIGN_OR_RETURN(Tensor copy, Tensor::CopyOf(view));
        before.push_back({assignment.saveable, std::move(copy)});
      }
    }
    return Annotate(assignment.saveable->Restore(std::move(assignment.value)),
                    Escape(assignment.key));
  };
  for (Assignment& assignment : assignments) {
    const Status status = assign(assignment);
    if (status.ok()) continue;
    for (auto old = before.rbegin(); old != before.rend(); ++old) {
      old->saveable->Restore(std::move(old->value)).IgnoreError();
    }
    return status;
  }
  return OkStatus();
}

std::string DescribeObject(const std::string& name, Trackable& object) {
  std::vector<std::string> values;
  for (const Saveable* saveable : object.Saveables()) {
    std::string text = saveable->full_name().empty()
                           ? saveable->attribute_name()
                           : saveable->full_name();
    text = StrCat("'", Escape(text), "'");
    if (saveable->expected_dtype() != DataType::kInvalid) {
      text += StrCat(" ", DataTypeName(saveable->expected_dtype()));
    }
    if (saveable->expected_shape() != nullptr) {
      text += saveable->expected_shape()->ToString();
    }
    values.push_back(std::move(text));
  }
  if (values.empty()) return Escape(name);
  return StrCat(Escape(name), " (", Join(values, ", "), ")");
}

std::string ListSome(const std::vector<std::string>& texts) {
  const size_t count = std::min(texts.size(), kMaxListed);
  return StrCat("[", Join(std::span(texts).first(count), ", "), "]");
}

}  // namespace cairn::object::internal
