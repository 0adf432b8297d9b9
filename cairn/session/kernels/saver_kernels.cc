// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The ops of a Saver: checkpoints of both formats are written and read through
// the session's FileSystem; one appears whole or not at all.
//
// Specs of slices are TensorFlow's: "" for all of a tensor, else the tensor's
// dimensions and the slice, "4 5 0,2:-".
#include <charconv>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/sharded_filename.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/merge.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"
#include "cairn/session/kernels/kernels.h"
#include "cairn/tensor/slice.h"
#include "cairn/v1/reader.h"
#include "cairn/v1/shard_names.h"
#include "cairn/v1/writer.h"

namespace cairn::session {
namespace {

struct SliceSpec {
  Shape full_shape;
  TensorSlice slice;
};

// Nothing for "".
StatusOr<std::optional<SliceSpec>> ParseSpec(std::string_view text) {
  if (text.empty()) return std::optional<SliceSpec>();
  std::vector<std::string_view> words = Split(text, ' ');
  const auto wrong = [&](std::string_view why) {
    return InvalidArgumentError(
        StrCat("'", Escape(text), "' is no shape and slice: ", why));
  };
  CAIRN_ASSIGN_OR_RETURN(TensorSlice slice, TensorSlice::Parse(words.back()));
  words.pop_back();
  std::vector<int64_t> dims;
  for (std::string_view word : words) {
    int64_t dim = -1;
    const auto [end, error] =
        std::from_chars(word.data(), word.data() + word.size(), dim);
    if (error != std::errc() || end != word.data() + word.size() || dim < 0) {
      return wrong("its dimensions are no numbers");
    }
    dims.push_back(dim);
  }
  CAIRN_ASSIGN_OR_RETURN(Shape shape, Shape::Create(dims));
  if (Status fits = slice.Apply(shape).status(); !fits.ok()) {
    return wrong(Message(fits));
  }
  return std::optional(SliceSpec{std::move(shape), std::move(slice)});
}

StatusOr<std::string> TextScalar(const KernelContext& context, int i,
                                 std::string_view what) {
  const TensorView& tensor = context.input(i);
  if (tensor.num_elements() != 1) {
    return InvalidArgumentError(StrCat("Input ", i, " (", what,
                                       ") must be a string scalar; got a ",
                                       tensor.shape().ToString()));
  }
  return tensor.strings()[0];
}

// Names and specs of `count` tensors, the specs at input `specs` if that is
// not -1.
struct Names {
  std::span<const std::string> names;
  std::vector<std::optional<SliceSpec>> specs;
};
StatusOr<Names> ReadNames(const KernelContext& context, int names, int specs,
                          int count) {
  const size_t expected = static_cast<size_t>(count);
  Names out{context.input(names).strings(), {}};
  out.specs.resize(expected);
  if (context.input(names).shape().rank() != 1 ||
      out.names.size() != expected) {
    return InvalidArgumentError(
        StrCat("Input ", names, " (tensor_names) must be a vector of ", count,
               " strings; got ", context.input(names).shape().ToString()));
  }
  if (specs < 0) return out;
  const auto texts = context.input(specs).strings();
  if (texts.size() != expected) {
    return InvalidArgumentError(StrCat(
        "Input ", specs, " (shape_and_slices) must be a vector of ", count,
        " strings; got ", context.input(specs).shape().ToString()));
  }
  for (size_t i = 0; i < expected; ++i) {
    StatusOr<std::optional<SliceSpec>> spec = ParseSpec(texts[i]);
    CAIRN_RETURN_IF_ERROR(Annotate(spec.status(), Escape(out.names[i])));
    out.specs[i] = *std::move(spec);
  }
  return out;
}

// Adds the tensors from input `first` on to a writer of either format.
template <typename Writer>
Status AddAll(const KernelContext& context, const Names& names, int first,
              Writer& writer) {
  for (size_t i = 0; i < names.names.size(); ++i) {
    const TensorView& tensor = context.input(first + static_cast<int>(i));
    const std::optional<SliceSpec>& spec = names.specs[i];
    CAIRN_RETURN_IF_ERROR(
        spec.has_value() ? writer.AddSlice(names.names[i], spec->full_shape,
                                           spec->slice, tensor)
                         : writer.Add(names.names[i], tensor));
  }
  return OkStatus();
}

Status SaveV2(KernelContext& context) {
  CAIRN_ASSIGN_OR_RETURN(const std::string prefix,
                         TextScalar(context, 0, "prefix"));
  CAIRN_ASSIGN_OR_RETURN(const Names names,
                         ReadNames(context, 1, 2, context.num_inputs() - 3));
  Commit commit(context.fs(), prefix);
  CAIRN_ASSIGN_OR_RETURN(auto writer,
                         bundle::BundleWriter::Create(commit, prefix));
  CAIRN_RETURN_IF_ERROR(AddAll(context, names, 3, *writer));
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

// Save, SaveSlices: the tensors stand from input `first` on.
Status SaveV1(KernelContext& context, int specs, int first) {
  CAIRN_ASSIGN_OR_RETURN(const std::string path,
                         TextScalar(context, 0, "filename"));
  CAIRN_ASSIGN_OR_RETURN(
      const Names names,
      ReadNames(context, 1, specs, context.num_inputs() - first));
  Commit commit(context.fs(), path);
  CAIRN_ASSIGN_OR_RETURN(auto writer, v1::V1Writer::Create(commit, path));
  CAIRN_RETURN_IF_ERROR(AddAll(context, names, first, *writer));
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

// A checkpoint of either format.
class Checkpoint {
 public:
  static StatusOr<Checkpoint> Open(FileSystem& fs, const std::string& prefix) {
    Checkpoint out;
    auto bundle = bundle::BundleReader::Open(fs, prefix);
    if (bundle.ok()) {
      out.bundle_ = *std::move(bundle);
      return out;
    }
    if (!absl::IsNotFound(bundle.status())) return bundle.status();
    return OpenV1(fs, prefix);
  }
  static StatusOr<Checkpoint> OpenV1(FileSystem& fs, const std::string& path) {
    Checkpoint out;
    auto reader = v1::V1Reader::Open(fs, path);
    if (absl::IsNotFound(reader.status())) {
      return NotFoundError(
          StrCat("Unsuccessful TensorSliceReader constructor: Failed to find "
                 "any matching files for ",
                 Escape(path)));
    }
    CAIRN_RETURN_IF_ERROR(reader.status());
    out.v1_ = *std::move(reader);
    return out;
  }

  Status Describe(const std::string& name, DataType* dtype, Shape* shape) {
    if (bundle_ != nullptr) {
      const auto entry = bundle_->Lookup(name);
      CAIRN_RETURN_IF_ERROR(Missing(entry.status(), name));
      *dtype = entry->dtype;
      *shape = entry->shape;
      return OkStatus();
    }
    const auto entry = v1_->Find(name);
    CAIRN_RETURN_IF_ERROR(Missing(entry.status(), name));
    *dtype = entry->dtype;
    *shape = entry->shape;
    return OkStatus();
  }
  StatusOr<Tensor> Read(const std::string& name,
                        const std::optional<SliceSpec>& spec) {
    if (bundle_ != nullptr) {
      return spec.has_value() ? bundle_->ReadSlice(name, spec->slice)
                              : bundle_->Read(name);
    }
    return spec.has_value() ? v1_->ReadSlice(name, spec->slice)
                            : v1_->Read(name);
  }

 private:
  static Status Missing(const Status& status, std::string_view name) {
    if (!absl::IsNotFound(status)) return status;
    return NotFoundError(
        StrCat("Key ", Escape(name), " not found in checkpoint"));
  }
  std::unique_ptr<bundle::BundleReader> bundle_;
  std::unique_ptr<v1::V1Reader> v1_;
};

// One tensor, or the part that `spec` says, to output `output`.
Status RestoreOne(KernelContext& context, Checkpoint& checkpoint,
                  const std::string& name, const std::optional<SliceSpec>& spec,
                  int output) {
  DataType dtype = DataType::kInvalid;
  Shape shape;
  CAIRN_RETURN_IF_ERROR(checkpoint.Describe(name, &dtype, &shape));
  const DataType expected =
      context.types().outputs[static_cast<size_t>(output)].dtype;
  if (dtype != expected) {
    return InvalidArgumentError(
        StrCat("tensor_name = ", Escape(name), "; expected dtype ",
               DataTypeName(expected), " does not equal original dtype ",
               DataTypeName(dtype)));
  }
  if (spec.has_value() && !(spec->full_shape == shape)) {
    return InvalidArgumentError(StrCat(
        "tensor_name = ", Escape(name), "; shape in shape_and_slice spec ",
        spec->full_shape.ToString(),
        " does not match the shape stored in checkpoint: ", shape.ToString()));
  }
  if (spec.has_value()) {
    CAIRN_ASSIGN_OR_RETURN(shape, spec->slice.Apply(shape));
  }
  CAIRN_RETURN_IF_ERROR(context.CheckSize(dtype, shape));
  CAIRN_ASSIGN_OR_RETURN(Tensor tensor, checkpoint.Read(name, spec));
  return context.SetOutput(output, std::move(tensor));
}

Status RestoreV2(KernelContext& context) {
  CAIRN_ASSIGN_OR_RETURN(const std::string prefix,
                         TextScalar(context, 0, "prefix"));
  CAIRN_ASSIGN_OR_RETURN(const Names names,
                         ReadNames(context, 1, 2, context.num_outputs()));
  CAIRN_ASSIGN_OR_RETURN(Checkpoint checkpoint,
                         Checkpoint::Open(context.fs(), prefix));
  for (size_t i = 0; i < names.names.size(); ++i) {
    CAIRN_RETURN_IF_ERROR(RestoreOne(context, checkpoint, names.names[i],
                                     names.specs[i], static_cast<int>(i)));
  }
  return OkStatus();
}

// Restore, RestoreSlice: `specs` is -1 for the first.
Status RestoreV1(KernelContext& context, int specs) {
  CAIRN_ASSIGN_OR_RETURN(const std::string pattern,
                         TextScalar(context, 0, "file_pattern"));
  CAIRN_ASSIGN_OR_RETURN(const std::string name,
                         TextScalar(context, 1, "tensor_name"));
  std::optional<SliceSpec> spec;
  if (specs >= 0) {
    CAIRN_ASSIGN_OR_RETURN(const std::string text,
                           TextScalar(context, specs, "shape_and_slice"));
    CAIRN_ASSIGN_OR_RETURN(spec, ParseSpec(text));
  }
  CAIRN_ASSIGN_OR_RETURN(Checkpoint checkpoint,
                         Checkpoint::OpenV1(context.fs(), pattern));
  return RestoreOne(context, checkpoint, name, spec, 0);
}

StatusOr<Kernel> MakeMerge(const Attributes& node) {
  bundle::MergeOptions options;
  CAIRN_ASSIGN_OR_RETURN(options.delete_input_directories,
                         node.Bool("delete_old_dirs", true));
  CAIRN_ASSIGN_OR_RETURN(options.allow_missing_inputs,
                         node.Bool("allow_missing_files", false));
  options.delete_inputs = options.delete_input_directories;
  return [options](KernelContext& context) -> Status {
    CAIRN_ASSIGN_OR_RETURN(const std::string merged,
                           TextScalar(context, 1, "destination_prefix"));
    return bundle::MergeBundles(context.fs(), context.input(0).strings(),
                                merged, options);
  };
}

// A number of shards, as the files' names can say it.
StatusOr<int32_t> Shards(const KernelContext& context, int i) {
  CAIRN_ASSIGN_OR_RETURN(const int64_t number, context.IntScalar(i));
  if (number >= 0 && number <= INT32_MAX) return static_cast<int32_t>(number);
  return InvalidArgumentError(StrCat(number, " is no number of a shard"));
}

Status ShardedFilenameOp(KernelContext& context) {
  CAIRN_ASSIGN_OR_RETURN(const std::string name,
                         TextScalar(context, 0, "basename"));
  CAIRN_ASSIGN_OR_RETURN(const int32_t shard, Shards(context, 1));
  CAIRN_ASSIGN_OR_RETURN(const int32_t count, Shards(context, 2));
  return context.SetOutput(
      0, Tensor::OfString(ShardedFilename(name, shard, count)));
}

Status ShardedFilespecOp(KernelContext& context) {
  CAIRN_ASSIGN_OR_RETURN(const std::string name,
                         TextScalar(context, 0, "basename"));
  CAIRN_ASSIGN_OR_RETURN(const int32_t count, Shards(context, 1));
  return context.SetOutput(0,
                           Tensor::OfString(v1::ShardedPattern(name, count)));
}

// A kernel without attributes.
KernelFactory Plain(Status (*compute)(KernelContext&)) {
  return [compute](const Attributes&) -> StatusOr<Kernel> { return compute; };
}

void AddV1(KernelTable& table) {
  table.Add({.op = "Save",
             .signature = "filename:string tensor_names:string data:[T] ->",
             .make = Plain([](KernelContext& c) { return SaveV1(c, -1, 2); }),
             .stateful = true});
  table.Add({.op = "SaveSlices",
             .signature = "filename:string tensor_names:string "
                          "shapes_and_slices:string data:[T] ->",
             .make = Plain([](KernelContext& c) { return SaveV1(c, 2, 3); }),
             .stateful = true});
  table.Add({.op = "Restore",
             .signature = "file_pattern:string tensor_name:string -> tensor:dt",
             .make = Plain([](KernelContext& c) { return RestoreV1(c, -1); }),
             .stateful = true});
  table.Add({.op = "RestoreSlice",
             .signature = "file_pattern:string tensor_name:string "
                          "shape_and_slice:string -> tensor:dt",
             .make = Plain([](KernelContext& c) { return RestoreV1(c, 2); }),
             .stateful = true});
}

}  // namespace

void AddSaverKernels(KernelTable& table) {
  table.Add({.op = "SaveV2",
             .signature = "prefix:string tensor_names:string "
                          "shape_and_slices:string tensors:[dtypes] ->",
             .make = Plain(SaveV2),
             .stateful = true});
  table.Add({.op = "RestoreV2",
             .signature = "prefix:string tensor_names:string "
                          "shape_and_slices:string -> tensors:[dtypes]",
             .make = Plain(RestoreV2),
             .stateful = true});
  table.Add(
      {.op = "MergeV2Checkpoints",
       .signature = "checkpoint_prefixes:string destination_prefix:string ->",
       .make = MakeMerge,
       .stateful = true});
  table.Add(
      {.op = "ShardedFilename",
       .signature =
           "basename:string shard:int32 num_shards:int32 -> filename:string",
       .make = Plain(ShardedFilenameOp)});
  table.Add({.op = "ShardedFilespec",
             .signature = "basename:string num_shards:int32 -> filename:string",
             .make = Plain(ShardedFilespecOp)});
  AddV1(table);
}

}  // namespace cairn::session
