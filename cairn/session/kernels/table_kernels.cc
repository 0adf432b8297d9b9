// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Lookup tables of scalars by scalars. Keys and values are kept as an element's
// bytes, or its text; a table is exported in the order of those.
#include <cstdint>
#include <cstring>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "cairn/base/strings.h"
#include "cairn/session/kernels/kernels.h"

namespace cairn::session {
namespace {

struct LookupTable : Object {
  std::string_view what() const override { return "a lookup table"; }
  DataType key_type = DataType::kInvalid;
  DataType value_type = DataType::kInvalid;
  bool is_mutable = false;
  bool initialized = false;
  std::map<std::string, std::string> entries;
};

bool IsElementType(DataType dtype) {
  return dtype == DataType::kString || IsFixedSize(dtype);
}

std::string ElementOf(const TensorView& tensor, size_t i) {
  if (tensor.holds_strings()) return tensor.strings()[i];
  const size_t size = static_cast<size_t>(DataTypeSize(tensor.dtype()));
  return std::string(tensor.bytes().substr(i * size, size));
}

void SetElement(const std::string& element, size_t i, Tensor* tensor) {
  if (tensor->dtype() == DataType::kString) {
    tensor->strings()[i] = element;
    return;
  }
  std::memcpy(tensor->mutable_bytes().data() + i * element.size(),
              element.data(), element.size());
}

StatusOr<Kernel> MakeTable(const Attributes& node) {
  CAIRN_ASSIGN_OR_RETURN(const std::string container,
                         node.String("container", ""));
  CAIRN_ASSIGN_OR_RETURN(std::string name, node.String("shared_name", ""));
  if (name.empty()) name = node.node_name();
  CAIRN_ASSIGN_OR_RETURN(const DataType key_type, node.Type("key_dtype"));
  CAIRN_ASSIGN_OR_RETURN(const DataType value_type, node.Type("value_dtype"));
  if (!IsElementType(key_type)) return NoKernelFor(key_type);
  if (!IsElementType(value_type)) return NoKernelFor(value_type);
  const bool is_mutable = node.op() == "MutableHashTableV2";
  return [=](KernelContext& context) -> Status {
    std::shared_ptr<Slot> slot = context.resources().Find(container, name);
    if (slot->dtype != DataType::kInvalid) {
      return InvalidArgumentError(
          StrCat(Escape(name), " is a variable elsewhere"));
    }
    if (slot->resource == nullptr) {
      auto table = std::make_shared<LookupTable>();
      table->key_type = key_type;
      table->value_type = value_type;
      table->is_mutable = table->initialized = is_mutable;
      slot->resource = std::move(table);
    }
    return context.SetOutput(
        0, Value::OfObject(DataType::kResource, std::move(slot)));
  };
}

StatusOr<std::shared_ptr<LookupTable>> TableInput(
    const KernelContext& context) {
  const auto slot = context.value(0).object_as<Slot>();
  if (slot != nullptr) {
    auto table = std::dynamic_pointer_cast<LookupTable>(slot->resource);
    if (table != nullptr) return table;
  }
  return InvalidArgumentError("input 0 is no lookup table");
}

Status CheckTypes(const LookupTable& table, DataType keys, DataType values) {
  if (table.key_type == keys && table.value_type == values) return OkStatus();
  return InvalidArgumentError(
      StrCat("the table is of ", DataTypeName(table.key_type), " to ",
             DataTypeName(table.value_type), ", not of ", DataTypeName(keys),
             " to ", DataTypeName(values)));
}

Status Find(KernelContext& context) {
  CAIRN_ASSIGN_OR_RETURN(const auto table, TableInput(context));
  const TensorView& keys = context.input(1);
  const TensorView& otherwise = context.input(2);
  CAIRN_RETURN_IF_ERROR(CheckTypes(*table, keys.dtype(), otherwise.dtype()));
  if (!table->initialized) {
    return FailedPreconditionError("Table not initialized.");
  }
  if (otherwise.num_elements() != 1) {
    return InvalidArgumentError(StrCat("default_value must be a scalar, not ",
                                       otherwise.shape().ToString()));
  }
  CAIRN_RETURN_IF_ERROR(context.CheckSize(otherwise.dtype(), keys.shape()));
  CAIRN_ASSIGN_OR_RETURN(Tensor out,
                         Tensor::Create(otherwise.dtype(), keys.shape()));
  const std::string none = ElementOf(otherwise, 0);
  for (size_t i = 0; i < static_cast<size_t>(keys.num_elements()); ++i) {
    const auto at = table->entries.find(ElementOf(keys, i));
    SetElement(at == table->entries.end() ? none : at->second, i, &out);
  }
  return context.SetOutput(0, std::move(out));
}

enum class Filling { kInitialize, kInsert, kImport };

Status Fill(KernelContext& context, Filling filling) {
  CAIRN_ASSIGN_OR_RETURN(const auto table, TableInput(context));
  const TensorView& keys = context.input(1);
  const TensorView& values = context.input(2);
  CAIRN_RETURN_IF_ERROR(CheckTypes(*table, keys.dtype(), values.dtype()));
  if (!(keys.shape() == values.shape())) {
    return InvalidArgumentError(StrCat("Expected shape ",
                                       keys.shape().ToString(), " got ",
                                       values.shape().ToString()));
  }
  if (filling != Filling::kInitialize && !table->is_mutable) {
    return UnimplementedError("the table cannot be changed");
  }
  // A table that is initialised already stays as it is.
  if (filling == Filling::kInitialize && table->initialized) return OkStatus();
  if (filling == Filling::kImport) table->entries.clear();
  for (size_t i = 0; i < static_cast<size_t>(keys.num_elements()); ++i) {
    const auto [at, added] =
        table->entries.try_emplace(ElementOf(keys, i), ElementOf(values, i));
    if (added) continue;
    if (filling != Filling::kInitialize) {
      at->second = ElementOf(values, i);
    } else if (at->second != ElementOf(values, i)) {
      return FailedPreconditionError(
          "HashTable has different value for same key.");
    }
  }
  table->initialized = true;
  return OkStatus();
}

Status Size(KernelContext& context) {
  CAIRN_ASSIGN_OR_RETURN(const auto table, TableInput(context));
  return context.SetOutput(
      0, Tensor::Scalar(static_cast<int64_t>(table->entries.size())));
}

Status Export(KernelContext& context) {
  CAIRN_ASSIGN_OR_RETURN(const auto table, TableInput(context));
  const auto& outputs = context.types().outputs;
  CAIRN_RETURN_IF_ERROR(CheckTypes(*table, outputs[0].dtype, outputs[1].dtype));
  const Shape shape{static_cast<int64_t>(table->entries.size())};
  CAIRN_RETURN_IF_ERROR(context.CheckSize(table->key_type, shape));
  CAIRN_RETURN_IF_ERROR(context.CheckSize(table->value_type, shape));
  CAIRN_ASSIGN_OR_RETURN(Tensor keys, Tensor::Create(table->key_type, shape));
  CAIRN_ASSIGN_OR_RETURN(Tensor values,
                         Tensor::Create(table->value_type, shape));
  size_t i = 0;
  for (const auto& [key, value] : table->entries) {
    SetElement(key, i, &keys);
    SetElement(value, i, &values);
    ++i;
  }
  CAIRN_RETURN_IF_ERROR(context.SetOutput(0, std::move(keys)));
  return context.SetOutput(1, std::move(values));
}

// A kernel without attributes.
KernelFactory Plain(Status (*compute)(KernelContext&)) {
  return [compute](const Attributes&) -> StatusOr<Kernel> { return compute; };
}

template <Filling filling>
Status FillAs(KernelContext& context) {
  return Fill(context, filling);
}

}  // namespace

void AddTableKernels(KernelTable& table) {
  for (const char* op : {"HashTableV2", "MutableHashTableV2"}) {
    table.Add({.op = op,
               .signature = "-> table_handle:resource",
               .make = MakeTable,
               .stateful = true});
  }
  table.Add({.op = "LookupTableFindV2",
             .signature = "table_handle:resource keys:Tin default_value:Tout "
                          "-> values:Tout",
             .make = Plain(Find)});
  table.Add({.op = "InitializeTableV2",
             .signature = "table_handle:resource keys:Tkey values:Tval ->",
             .make = Plain(FillAs<Filling::kInitialize>),
             .stateful = true});
  table.Add({.op = "LookupTableInsertV2",
             .signature = "table_handle:resource keys:Tin values:Tout ->",
             .make = Plain(FillAs<Filling::kInsert>),
             .stateful = true});
  table.Add({.op = "LookupTableImportV2",
             .signature = "table_handle:resource keys:Tin values:Tout ->",
             .make = Plain(FillAs<Filling::kImport>),
             .stateful = true});
  table.Add({.op = "LookupTableSizeV2",
             .signature = "table_handle:resource -> size:int64",
             .make = Plain(Size)});
  table.Add({.op = "LookupTableExportV2",
             .signature = "table_handle:resource -> keys:Tkeys values:Tvalues",
             .make = Plain(Export)});
}

}  // namespace cairn::session
