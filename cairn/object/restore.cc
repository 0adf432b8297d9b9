// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/object/restore.h"

#include <algorithm>
#include <atomic>
#include <utility>

#include "cairn/base/near_names.h"
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

LoadStatus::Kind LoadStatus::kind() const { return state_->kind(); }

const LoadStatus& LoadStatus::ExpectPartial() const {
  state_->log = nullptr;
  return *this;
}

Status LoadStatus::InitializeOrRestore() const {
  return state_->InitializeRest();
}

Status LoadStatus::RunRestoreOps() const {
  if (kind() != Kind::kInitializationOnly) return OkStatus();
  return FailedPreconditionError(
      "No checkpoint specified, so no restore ops are available "
      "(save_path=None to Saver.restore).");
}

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

std::string Where(const TensorSource& source, std::string_view key) {
  return StrCat(" (", Escape(key), " in ", Escape(source.prefix()), ")");
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

// What the tensor of the saveable's key should have; none: anything may do.
const Shape* WholeShape(const Saveable& saveable) {
  const TensorPiece* const piece = saveable.piece();
  return piece != nullptr ? &piece->full_shape : saveable.expected_shape();
}

Status ShapeMismatch(const TensorSource& source, std::string_view key,
                     const Saveable& saveable, const Shape& stored) {
  const Shape* const expected = WholeShape(saveable);
  return InvalidArgumentError(
      StrCat("Received incompatible tensor with shape ", TupleText(stored),
             " when attempting to restore variable with shape ",
             expected == nullptr ? "<unknown>" : TupleText(*expected),
             " and name ", Escape(saveable.full_name()), Where(source, key)));
}

bool DtypeFits(const Saveable& saveable, DataType dtype) {
  return saveable.expected_dtype() == DataType::kInvalid ||
         saveable.expected_dtype() == dtype;
}

bool ShapeFits(const Saveable& saveable, const Shape& shape) {
  const TensorPiece* const piece = saveable.piece();
  return piece != nullptr ? piece->full_shape == shape
                          : saveable.AcceptsShape(shape);
}

}  // namespace

int64_t NextRestoreNumber() {
  static std::atomic<int64_t> last{0};
  return last.fetch_add(1, std::memory_order_relaxed) + 1;
}

Status CheckFits(const TensorSource& source, KeyKind kind,
                 const Saveable& saveable, std::string_view key, DataType dtype,
                 const Shape& shape) {
  if (!DtypeFits(saveable, dtype)) {
    return InvalidArgumentError(
        StrCat(Escape(source.prefix()), ": ",
               DtypeMismatch(kind, key, saveable.expected_dtype(), dtype)));
  }
  if (!ShapeFits(saveable, shape)) {
    return ShapeMismatch(source, key, saveable, shape);
  }
  return OkStatus();
}

Status Stage(const TensorSource& source, KeyKind kind,
             std::vector<Assignment>& assignments) {
  std::stable_sort(
      assignments.begin(), assignments.end(),
      [](const Assignment& a, const Assignment& b) { return a.key < b.key; });
  std::vector<std::string> wrong_dtypes;
  Status wrong_shape;
  for (const Assignment& assignment : assignments) {
    const StatusOr<TensorSource::Description> entry =
        source.Describe(assignment.key);
    if (absl::IsNotFound(entry.status())) {
      return NotFoundError(StrCat("Key ", Escape(assignment.key),
                                  " not found in checkpoint ",
                                  Escape(source.prefix())));
    }
    CAIRN_RETURN_IF_ERROR(entry.status());
    const Saveable* const saveable = assignment.saveable;
    if (saveable == nullptr) continue;
    if (!DtypeFits(*saveable, entry->dtype)) {
      wrong_dtypes.push_back(DtypeMismatch(
          kind, assignment.key, saveable->expected_dtype(), entry->dtype));
    } else if (!ShapeFits(*saveable, entry->shape)) {
      wrong_shape.Update(
          ShapeMismatch(source, assignment.key, *saveable, entry->shape));
    }
  }
  if (!wrong_dtypes.empty()) {
    return InvalidArgumentError(
        StrCat(Escape(source.prefix()), ": ", Join(wrong_dtypes, "\n")));
  }
  CAIRN_RETURN_IF_ERROR(wrong_shape);
  for (Assignment& assignment : assignments) {
    const TensorPiece* const piece =
        assignment.saveable == nullptr ? nullptr : assignment.saveable->piece();
    CAIRN_ASSIGN_OR_RETURN(
        assignment.value, piece == nullptr
                              ? source.Read(assignment.key)
                              : source.ReadSlice(assignment.key, piece->slice));
  }
  return OkStatus();
}

StatusOr<std::vector<MatchReport::Mismatch>> FindMismatches(
    const TensorSource& source, std::span<const Assignment> assignments) {
  std::vector<MatchReport::Mismatch> mismatches;
  for (const Assignment& assignment : assignments) {
    const Saveable* const saveable = assignment.saveable;
    if (saveable == nullptr) continue;
    MatchReport::Mismatch mismatch;
    mismatch.item = {saveable->full_name(), assignment.key, {}};
    mismatch.expected_dtype = saveable->expected_dtype();
    const Shape* const shape = WholeShape(*saveable);
    if (shape != nullptr) mismatch.expected_shape = *shape;
    StatusOr<TensorSource::Description> stored =
        source.Describe(assignment.key);
    if (absl::IsNotFound(stored.status())) {
      mismatches.push_back(std::move(mismatch));
      continue;
    }
    CAIRN_RETURN_IF_ERROR(stored.status());
    if (DtypeFits(*saveable, stored->dtype) &&
        ShapeFits(*saveable, stored->shape)) {
      continue;
    }
    mismatch.stored_dtype = stored->dtype;
    mismatch.stored_shape = std::move(stored->shape);
    mismatches.push_back(std::move(mismatch));
  }
  return mismatches;
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

void AddCandidates(MatchReport& report) {
  for (MatchReport::Item& item : report.only_in_program) {
    NearNames near(item.object.empty() ? item.key : item.object);
    for (const MatchReport::Item& other : report.only_in_checkpoint) {
      near.Consider(other.object.empty() ? other.key : other.object);
    }
    item.candidates = near.Names();
  }
}

Status InitializeObjects(
    const std::vector<Trackable*>& objects,
    const std::function<bool(const Trackable* object)>& skip) {
  for (Trackable* object : objects) {
    if (skip(object)) continue;
    for (Saveable* saveable : object->Saveables()) {
      CAIRN_RETURN_IF_ERROR(saveable->Initialize());
    }
  }
  return OkStatus();
}

namespace {

// restore(None): everything is initialised, nothing restored.
class NoRestore : public RestoreState {
 public:
  explicit NoRestore(const RestoreRoot& root)
      : root_(root.object),
        mark_(root.object->restore_mark()),
        attached_(root.attached) {}

  LoadStatus::Kind kind() const override {
    return LoadStatus::Kind::kInitializationOnly;
  }
  Status AssertConsumed() override { return Nothing(); }
  Status AssertExistingObjectsMatched() override { return Nothing(); }
  Status AssertNontrivialMatch() override { return Nothing(); }
  MatchReport Report() override { return {}; }
  Status InitializeRest() override {
    if (mark_.expired()) {
      return FailedPreconditionError("the object does not exist any more");
    }
    CAIRN_ASSIGN_OR_RETURN(const GraphView view,
                           BuildGraphView(*root_, {.attached = *attached_}));
    return InitializeObjects(view.objects,
                             [](const Trackable*) { return false; });
  }
  void Release() override {}

 private:
  static Status Nothing() {
    return FailedPreconditionError(
        "No checkpoint specified (save_path=None); nothing is being restored.");
  }

  Trackable* root_;
  std::weak_ptr<Trackable::RestoreMark> mark_;
  std::shared_ptr<const std::vector<TrackableEdge>> attached_;
};

}  // namespace

std::shared_ptr<RestoreState> RestoreNothing(const RestoreRoot& root) {
  return std::make_shared<NoRestore>(root);
}

std::string ListSome(const std::vector<std::string>& texts) {
  const size_t count = std::min(texts.size(), kMaxListed);
  return StrCat("[", Join(std::span(texts).first(count), ", "), "]");
}

}  // namespace cairn::object::internal
