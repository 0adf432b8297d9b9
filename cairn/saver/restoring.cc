// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// What a hostile file can do, and what stops it:
//   everything a checkpoint can   bundle/reader.cc, v1/reader.cc
//   an object graph that is none, or whose keys are not in the checkpoint
//                                 DataLoss; NotFound
//   two objects of one full name  the later one is taken, as in TensorFlow
//   millions of near names        only the nearest few are kept
#include "cairn/saver/restoring.h"

#include <cstring>
#include <optional>
#include <utility>

#include "cairn/base/near_names.h"
#include "cairn/base/strings.h"
#include "cairn/proto/trackable_object_graph.pb.h"
#include "cairn/saver/name_list.h"

namespace cairn::saver {
namespace {

// How often to start over when the checkpoint is being replaced meanwhile.
constexpr int kMaxAttempts = 5;
constexpr std::string_view kMissing =
    "a Variable name or other graph key that is missing";
constexpr std::string_view kMismatch =
    "a mismatch between the current graph and the graph";

// What TensorFlow puts in front of such an error.
std::string Explain(std::string_view reason, std::string_view original) {
  return StrCat("Restoring from checkpoint failed. This is most likely due to ",
                reason,
                " from the checkpoint. Please ensure that you have not altered "
                "the graph expected based on the checkpoint. Original "
                "error:\n\n",
                original);
}

Status MismatchError(const CheckpointSource& source, std::string_view what) {
  return InvalidArgumentError(
      Explain(kMismatch, StrCat(Escape(source.name()), ": ", what)));
}

// Compares what is stored with the variables.
class Fitting {
 public:
  Fitting(const CheckpointSource& source, Reshape reshape,
          RestoreReport& report)
      : source_(source), reshape_(reshape), report_(report) {}

  void Check(const RestoreTarget& target,
             const CheckpointSource::Entry& entry) {
    const SaveSpec& spec = *target.spec;
    const DataType dtype = spec.saveable->expected_dtype();
    const Shape* shape =
        spec.full_shape ? &*spec.full_shape : spec.saveable->expected_shape();
    if (dtype != DataType::kInvalid && dtype != entry.dtype) {
      // TensorFlow meets these while reading, and the others when it assigns.
      Note(target, entry, shape, &first_read_error_,
           source_.DtypeText(target.key, dtype, entry.dtype));
    } else if (shape != nullptr && *shape != entry.shape) {
      CheckShape(target, entry, *shape);
    }
  }

  // The first that TensorFlow would meet.
  Status status() const {
    const std::string& first =
        first_read_error_.empty() ? first_assign_error_ : first_read_error_;
    if (first.empty()) return OkStatus();
    const size_t count = report_.mismatches.size();
    return MismatchError(source_, count == 1 ? first
                                             : StrCat(first, " (", count,
                                                      " tensors do not fit)"));
  }

 private:
  void CheckShape(const RestoreTarget& target,
                  const CheckpointSource::Entry& entry, const Shape& shape) {
    if (target.spec->full_shape) {
      Note(target, entry, &shape, &first_read_error_,
           source_.FullShapeText(target.key, shape, entry.shape));
    } else if (reshape_ == Reshape::kNo) {
      Note(target, entry, &shape, &first_assign_error_,
           StrCat("tensor_name = ", Escape(target.key),
                  "; Assign requires shapes of both tensors to match. lhs "
                  "shape= ",
                  shape.ToString(), " rhs shape= ", entry.shape.ToString()));
    } else if (shape.num_elements() != entry.shape.num_elements()) {
      Note(target, entry, &shape, &first_assign_error_,
           StrCat("tensor_name = ", Escape(target.key),
                  "; Input to reshape is a tensor with ",
                  entry.shape.num_elements(),
                  " values, but the requested shape has ",
                  shape.num_elements()));
    }
  }

  void Note(const RestoreTarget& target, const CheckpointSource::Entry& entry,
            const Shape* shape, std::string* first, std::string text) {
    if (first->empty()) *first = std::move(text);
    report_.mismatches.push_back(
        {target.spec->key, target.key, target.spec->saveable->expected_dtype(),
         entry.dtype, shape != nullptr ? *shape : Shape(), entry.shape});
  }

  const CheckpointSource& source_;
  const Reshape reshape_;
  RestoreReport& report_;
  std::string first_read_error_;
  std::string first_assign_error_;
};

// The same elements under another shape of as many.
StatusOr<Tensor> WithShape(Tensor tensor, const Shape& shape) {
  if (tensor.view().holds_strings()) {
    return Tensor::OfStrings(shape, std::move(tensor.strings()),
                             tensor.dtype());
  }
  CAIRN_ASSIGN_OR_RETURN(
      const TensorView view,
      TensorView::Create(tensor.dtype(), shape, tensor.bytes()));
  return Tensor::CopyOf(view);
}

StatusOr<Tensor> ReadTarget(const CheckpointSource& source,
                            const RestoreTarget& target) {
  const SaveSpec& spec = *target.spec;
  StatusOr<Tensor> value = spec.full_shape
                               ? source.ReadSlice(target.key, spec.slice)
                               : source.Read(target.key);
  if (absl::IsInvalidArgument(value.status())) {
    std::string where = spec.slice.ToString();
    if (!spec.full_shape) {
      CAIRN_ASSIGN_OR_RETURN(const auto entry, source.Find(target.key));
      where = TensorSlice(entry.shape.rank()).ToString();
    }
    return MismatchError(
        source,
        StrCat("Does not have sufficient slices for partitioned tensor ",
               Escape(target.key), " to restore in slice_spec: ", where, ": ",
               Message(value.status())));
  }
  if (!value.ok()) return value;
  const Shape* shape = spec.saveable->expected_shape();
  if (shape == nullptr || value->shape() == *shape) return value;
  return WithShape(*std::move(value), *shape);
}

}  // namespace

std::string NameList(const std::vector<std::string>& names) {
  std::vector<std::string> shown;
  for (const std::string& name : names) {
    if (shown.size() == kMaxNamesListed) {
      shown.push_back(StrCat("... ", names.size() - shown.size(), " more"));
      break;
    }
    shown.push_back(Escape(name));
  }
  return Join(shown, ", ");
}

Status RetryWhileReplaced(const std::function<Status()>& restore) {
  Status status;
  for (int attempt = 0; attempt < kMaxAttempts; ++attempt) {
    status = restore();
    if (!absl::IsUnavailable(status)) break;
  }
  return status;
}

StatusOr<std::vector<std::string>> MissingKeys(
    const CheckpointSource& source, const std::vector<RestoreTarget>& targets) {
  std::vector<std::string> missing;
  for (const RestoreTarget& target : targets) {
    const Status status = source.Find(target.key).status();
    if (absl::IsNotFound(status)) {
      // Slices of one tensor are neighbours.
      if (missing.empty() || missing.back() != target.key) {
        missing.push_back(target.key);
      }
    } else if (!status.ok()) {
      return status;
    }
  }
  return missing;
}

Status MissingKeysError(const CheckpointSource& source,
                        const std::vector<std::string>& missing,
                        RestoreReport& report) {
  std::vector<NearNames> near;
  // A text names the first; the report has as many as anybody will read.
  for (const std::string& key : missing) {
    if (near.size() == kMaxNamesListed) break;
    near.emplace_back(key);
  }
  CAIRN_RETURN_IF_ERROR(source.VisitNames([&](std::string_view name) {
    for (NearNames& names : near) names.Consider(name);
  }));
  for (size_t i = 0; i < missing.size(); ++i) {
    report.missing.push_back({missing[i], i < near.size()
                                              ? near[i].Names()
                                              : std::vector<std::string>()});
  }
  std::string text =
      StrCat(Escape(source.name()), ": ", source.MissingText(missing.front()),
             near.front().Hint());
  if (missing.size() > 1) {
    text += StrCat(" (", missing.size(),
                   " keys are missing: ", NameList(missing), ")");
  }
  return NotFoundError(Explain(kMissing, text));
}

StatusOr<std::map<std::string, std::string>> ReadFullNames(
    const CheckpointSource& source) {
  const auto damaged = [&](std::string_view what) {
    return DataLossError(
        StrCat(Escape(source.name()), ": ", kObjectGraphKey, " ", what));
  };
  CAIRN_ASSIGN_OR_RETURN(const auto entry, source.Find(kObjectGraphKey));
  if (entry.dtype != DataType::kString || entry.shape.num_elements() != 1) {
    return damaged("is not one string");
  }
  CAIRN_ASSIGN_OR_RETURN(const Tensor tensor, source.Read(kObjectGraphKey));
  proto::TrackableObjectGraph graph;
  if (!graph.ParseFromString(tensor.strings()[0])) {
    return damaged("is no object graph");
  }
  std::map<std::string, std::string> keys;
  for (const auto& node : graph.nodes()) {
    for (const auto& attribute : node.attributes()) {
      // Only variables have full names.
      if (attribute.full_name().empty()) continue;
      keys[attribute.full_name()] = attribute.checkpoint_key();
    }
  }
  return keys;
}

StatusOr<std::vector<Tensor>> ReadTargets(
    const CheckpointSource& source, const std::vector<RestoreTarget>& targets,
    Reshape reshape, RestoreReport& report) {
  Fitting fitting(source, reshape, report);
  for (const RestoreTarget& target : targets) {
    CAIRN_ASSIGN_OR_RETURN(const auto entry, source.Find(target.key));
    fitting.Check(target, entry);
  }
  CAIRN_RETURN_IF_ERROR(fitting.status());
  std::vector<Tensor> values;
  values.reserve(targets.size());
  for (const RestoreTarget& target : targets) {
    CAIRN_ASSIGN_OR_RETURN(Tensor value, ReadTarget(source, target));
    values.push_back(std::move(value));
  }
  return values;
}

Status AssignAll(const std::vector<const SaveSpec*>& specs,
                 std::vector<Tensor> values) {
  // Variables cannot refuse a value that fits; other objects may.
  std::vector<std::pair<const SaveSpec*, Tensor>> before;
  Status status;
  for (size_t i = 0; i < specs.size() && status.ok(); ++i) {
    if (specs[i]->variable != nullptr) continue;
    Tensor scratch;
    StatusOr<TensorView> now = specs[i]->saveable->Value(&scratch);
    StatusOr<Tensor> copy = Tensor();
    if (now.ok() && now->is_valid()) copy = Tensor::CopyOf(*now);
    status = !now.ok() ? now.status() : copy.status();
    if (!status.ok()) break;
    status = specs[i]->saveable->Restore(std::move(values[i]));
    if (status.ok()) before.emplace_back(specs[i], *std::move(copy));
  }
  if (!status.ok()) {
    for (auto& [spec, value] : before) {
      // What it had a moment ago; a value that was not there cannot be put
      // back.
      if (value.is_valid()) {
        status.Update(spec->saveable->Restore(std::move(value)));
      }
    }
    return status;
  }
  for (size_t i = 0; i < specs.size(); ++i) {
    if (specs[i]->variable == nullptr) continue;
    // Moves memory; dtype and shape are known to fit.
    CAIRN_RETURN_IF_ERROR(specs[i]->saveable->Restore(std::move(values[i])));
  }
  return OkStatus();
}

}  // namespace cairn::saver
