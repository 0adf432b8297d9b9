// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/saver/var_list.h"

#include <map>
#include <memory>
#include <set>

#include "cairn/base/strings.h"
#include "cairn/tensor/slice_key.h"

namespace cairn::saver {
namespace {

constexpr std::string_view kValueAttribute = "VARIABLE_VALUE";

// A part before its values are listed.
struct Named {
  std::string name;
  std::vector<const SaverPart*> parts;
  bool is_slices = false;
};

Variable* AsVariable(const SaverPart& part) {
  return dynamic_cast<Variable*>(part.object);
}

Status NotAVariable(const std::optional<std::string>& name) {
  if (!name) {
    return InvalidArgumentError("Variable to save is not a Variable: null");
  }
  return InvalidArgumentError(
      StrCat("names_to_saveables must be a dict mapping string names to "
             "Tensors/Variables. Not a variable: null, of the name '",
             Escape(*name), "'"));
}

Status CheckName(std::string_view name) {
  if (!name.empty() && !IsSliceKey(name)) return OkStatus();
  return InvalidArgumentError(
      StrCat("a variable cannot be saved under the name '", Escape(name),
             "': a name must not be empty or the key of a piece"));
}

Status SameName(std::string_view name) {
  return InvalidArgumentError(
      StrCat("At least two variables have the same name: ", Escape(name)));
}

Status MixedName(std::string_view name) {
  return InvalidArgumentError(StrCat(
      "Mixing slices and non-slices with the same name: ", Escape(name)));
}

// The items by the name each is saved under, as op_list_to_dict does.
class NameMap {
 public:
  Status Add(const SaverItem& item) {
    for (const SaverPart& part : item.parts) {
      if (part.object == nullptr && part.saveable == nullptr) {
        return NotAVariable(item.name);
      }
    }
    if (item.parts.empty()) return NotAVariable(item.name);
    if (item.is_slices) return AddSlices(item);
    if (item.name) return AddWhole(*item.name, item.parts[0]);
    return AddOwn(item.parts[0]);
  }

  const std::map<std::string, Named>& names() const { return names_; }

 private:
  Status AddSlices(const SaverItem& item) {
    std::vector<const SaverPart*> parts;
    for (const SaverPart& part : item.parts) {
      if (AsVariable(part) == nullptr) {
        return InvalidArgumentError(
            StrCat("Slices must all be Variables: ", Escape(*item.name)));
      }
      if (!part.slice) {
        return InvalidArgumentError(StrCat("Slices must all be slices: ",
                                           Escape(AsVariable(part)->name())));
      }
      const std::string& first = item.parts[0].slice->full_name;
      if (part.slice->full_name != first) {
        return InvalidArgumentError(
            StrCat("Slices must all be from the same tensor: ", Escape(first),
                   " != ", Escape(part.slice->full_name)));
      }
      parts.push_back(&part);
    }
    const auto [it, is_new] =
        names_.insert({*item.name, {*item.name, std::move(parts), true}});
    return is_new ? OkStatus() : SameName(it->first);
  }

  Status AddWhole(const std::string& name, const SaverPart& part) {
    const bool is_new = names_.insert({name, {name, {&part}, false}}).second;
    return is_new ? OkStatus() : SameName(name);
  }

  Status AddOwn(const SaverPart& part) {
    if (part.slice && AsVariable(part) != nullptr) {
      const std::string& name = part.slice->full_name;
      Named& named = names_[name];
      if (!named.parts.empty() && !named.is_slices) return MixedName(name);
      named.name = name;
      named.is_slices = true;
      named.parts.push_back(&part);
      return OkStatus();
    }
    if (const Variable* variable = AsVariable(part)) {
      return AddWhole(variable->name(), part);
    }
    if (part.saveable != nullptr) {
      return AddWhole(part.saveable->full_name(), part);
    }
    for (Saveable* saveable : part.object->Saveables()) {
      owned_.push_back(std::make_unique<SaverPart>(
          SaverPart{nullptr, saveable, part.device, std::nullopt}));
      CAIRN_RETURN_IF_ERROR(AddWhole(saveable->full_name(), *owned_.back()));
    }
    return OkStatus();
  }

  std::map<std::string, Named> names_;  // bytewise order
  std::vector<std::unique_ptr<SaverPart>> owned_;
};

// Where the variable is in the tensor it is a slice of.
StatusOr<TensorSlice> SliceOf(const Variable& variable, const SliceInfo& info) {
  const Shape& shape = variable.shape();
  std::vector<SliceExtent> extents;
  const bool fits = info.offset.size() == static_cast<size_t>(shape.rank()) &&
                    info.full_shape.rank() == shape.rank();
  if (fits) {
    for (int i = 0; i < shape.rank(); ++i) {
      extents.push_back({info.offset[static_cast<size_t>(i)], shape.dim(i)});
    }
    StatusOr<TensorSlice> slice = TensorSlice::Create(std::move(extents));
    if (slice.ok() && slice->Apply(info.full_shape).ok()) return slice;
  }
  return InvalidArgumentError(
      StrCat("variable ", Escape(variable.name()), " of shape ",
             shape.ToString(), " is no slice of ", Escape(info.full_name),
             info.full_shape.ToString(), " at its offset"));
}

class Flattener {
 public:
  Status Add(const Named& named) {
    CAIRN_RETURN_IF_ERROR(CheckName(named.name));
    for (const SaverPart* part : named.parts) {
      CAIRN_ASSIGN_OR_RETURN(const std::string device,
                             CanonicalDevice(part->device));
      if (part->object == nullptr) {
        CAIRN_RETURN_IF_ERROR(
            AddSpec({named.name, part->saveable, nullptr, device}));
        continue;
      }
      Variable* variable = AsVariable(*part);
      for (Saveable* saveable : part->object->Saveables()) {
        SaveSpec spec{named.name, saveable, variable, device};
        if (saveable->attribute_name() != kValueAttribute) {
          spec.key = StrCat(spec.key, "_", saveable->attribute_name());
        }
        if (named.is_slices) {
          CAIRN_ASSIGN_OR_RETURN(spec.slice, SliceOf(*variable, *part->slice));
          spec.full_shape = part->slice->full_shape;
        }
        CAIRN_RETURN_IF_ERROR(AddSpec(std::move(spec)));
      }
    }
    return OkStatus();
  }

  std::vector<SaveSpec> Take() { return std::move(specs_); }

 private:
  Status AddSpec(SaveSpec spec) {
    if (!seen_.insert(spec.saveable).second) {
      return InvalidArgumentError(
          StrCat("The same saveable will be restored with two names: ",
                 Escape(spec.key)));
    }
    const auto [it, is_new] = by_key_.insert({spec.key, specs_.size()});
    if (!is_new) CAIRN_RETURN_IF_ERROR(CheckTogether(specs_[it->second], spec));
    specs_.push_back(std::move(spec));
    return OkStatus();
  }

  // Two specs of one key must be slices of one tensor.
  static Status CheckTogether(const SaveSpec& a, const SaveSpec& b) {
    if (!a.full_shape && !b.full_shape) return SameName(a.key);
    if (!a.full_shape || !b.full_shape) return MixedName(a.key);
    if (*a.full_shape == *b.full_shape &&
        a.variable->dtype() == b.variable->dtype()) {
      return OkStatus();
    }
    return InvalidArgumentError(StrCat(
        "Slices must all be from the same tensor: ", Escape(a.key), " is ",
        DataTypeName(a.variable->dtype()), a.full_shape->ToString(), " and ",
        DataTypeName(b.variable->dtype()), b.full_shape->ToString()));
  }

  std::vector<SaveSpec> specs_;
  std::set<const Saveable*> seen_;
  std::map<std::string, size_t> by_key_;  // first spec of each
};

}  // namespace

SaverItem SaverItem::Own(SaverPart part) {
  SaverItem item;
  item.parts.push_back(std::move(part));
  return item;
}

SaverItem SaverItem::Named(std::string name, SaverPart part) {
  SaverItem item = Own(std::move(part));
  item.name = std::move(name);
  return item;
}

SaverItem SaverItem::Slices(std::string name, std::vector<SaverPart> parts) {
  SaverItem item;
  item.name = std::move(name);
  item.parts = std::move(parts);
  item.is_slices = true;
  return item;
}

StatusOr<std::vector<SaveSpec>> FlattenItems(
    const std::vector<SaverItem>& items) {
  NameMap names;
  for (const SaverItem& item : items) CAIRN_RETURN_IF_ERROR(names.Add(item));
  Flattener flattener;
  for (const auto& [name, named] : names.names()) {
    CAIRN_RETURN_IF_ERROR(flattener.Add(named));
  }
  return flattener.Take();
}

}  // namespace cairn::saver
