// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The bytes of an object graph: protobuf, by hand, because they come from files
// and protobuf's own parser prints to stderr.
//
//   TrackableObjectGraph  1 nodes: TrackableObject, in order of node id
//   TrackableObject       1 children {1 node_id, 2 local_name}
//                         2 attributes {1 name, 2 full_name, 3 checkpoint_key,
//                                       4 optional_restore}
//                         3 slot_variables {1 original_variable_node_id,
//                                       2 slot_name, 3 slot_variable_node_id}
//                         4 registered_saver {1 name, 2 object_name}
//                         5 has_checkpoint_values {1 value}
// Written in order of field number; zero, false and "" are left out; messages
// 4 and 5 are written when set, even if empty.
//
// What hostile bytes can do, and the check:
//   lengths and varints beyond the end    Cursor refuses them
//   a million empty records in 2 MB       counted before they take memory
//   node ids negative or past the end     checked once all nodes are known
//   nesting                               three fixed levels, no recursion
//   groups, wire types 6 and 7            refused
#include "cairn/base/cursor.h"
#include "cairn/base/strings.h"
#include "cairn/object/object_graph.h"

namespace cairn::object {
namespace {

enum WireType : uint32_t {
  kVarint = 0,
  kFixed64 = 1,
  kBytes = 2,
  kFixed32 = 5,
};

// --- writing ---

void PutTag(std::string& out, uint32_t field, WireType type) {
  PutVarint(out, field << 3 | type);
}

void PutInt(std::string& out, uint32_t field, int32_t value) {
  if (value == 0) return;
  PutTag(out, field, kVarint);
  // A negative int32 is sign-extended to ten bytes.
  PutVarint(out, static_cast<uint64_t>(static_cast<int64_t>(value)));
}

void PutMessage(std::string& out, uint32_t field, std::string_view bytes) {
  PutTag(out, field, kBytes);
  PutVarint(out, bytes.size());
  out += bytes;
}

void PutString(std::string& out, uint32_t field, std::string_view value) {
  if (!value.empty()) PutMessage(out, field, value);
}

std::string Encode(const ObjectGraph::Child& child) {
  std::string out;
  PutInt(out, 1, child.node_id);
  PutString(out, 2, child.local_name);
  return out;
}

std::string Encode(const ObjectGraph::Attribute& attribute) {
  std::string out;
  PutString(out, 1, attribute.name);
  PutString(out, 2, attribute.full_name);
  PutString(out, 3, attribute.checkpoint_key);
  PutInt(out, 4, attribute.optional_restore ? 1 : 0);
  return out;
}

std::string Encode(const ObjectGraph::SlotVariable& slot) {
  std::string out;
  PutInt(out, 1, slot.original_variable_node_id);
  PutString(out, 2, slot.slot_name);
  PutInt(out, 3, slot.slot_variable_node_id);
  return out;
}

std::string Encode(const ObjectGraph::Node& node) {
  std::string out;
  for (const auto& child : node.children) PutMessage(out, 1, Encode(child));
  for (const auto& a : node.attributes) PutMessage(out, 2, Encode(a));
  for (const auto& slot : node.slot_variables) PutMessage(out, 3, Encode(slot));
  if (node.registered_saver) {
    std::string saver;
    PutString(saver, 1, node.registered_saver->name);
    PutString(saver, 2, node.registered_saver->object_name);
    PutMessage(out, 4, saver);
  }
  if (node.has_checkpoint_values) {
    std::string value;
    PutInt(value, 1, *node.has_checkpoint_values ? 1 : 0);
    PutMessage(out, 5, value);
  }
  return out;
}

// --- reading ---

// One field: `number` for a varint, `bytes` for a message or string.
struct Field {
  uint32_t id = 0;
  WireType type = kVarint;
  uint64_t number = 0;
  std::string_view bytes;
};

bool ReadField(Cursor& in, Field* field) {
  uint32_t tag;
  if (!in.ReadVarint32(&tag) || tag >> 3 == 0) return false;
  field->id = tag >> 3;
  field->type = static_cast<WireType>(tag & 7);
  switch (field->type) {
    case kVarint:
      return in.ReadVarint64(&field->number);
    case kBytes:
      return in.ReadLengthPrefixed(&field->bytes);
    case kFixed64:
      return in.Skip(8);
    case kFixed32:
      return in.Skip(4);
  }
  return false;
}

// Calls `take` for each field of the message; false when the bytes are
// malformed or `take` says so.
template <typename Take>
bool ReadFields(std::string_view bytes, Take take) {
  Cursor in(bytes);
  while (!in.empty()) {
    Field field;
    if (!ReadField(in, &field) || !take(field)) return false;
  }
  return true;
}

// Each returns true without effect for another field.
bool TakeId(const Field& field, uint32_t id, int32_t* value) {
  if (field.id != id || field.type != kVarint) return true;
  if (field.number > INT32_MAX) return false;
  *value = static_cast<int32_t>(field.number);
  return true;
}

void TakeString(const Field& field, uint32_t id, std::string* value) {
  if (field.id == id && field.type == kBytes) *value = field.bytes;
}

void TakeBool(const Field& field, uint32_t id, bool* value) {
  if (field.id == id && field.type == kVarint) *value = field.number != 0;
}

bool Decode(std::string_view bytes, ObjectGraph::Child* child) {
  return ReadFields(bytes, [child](const Field& field) {
    TakeString(field, 2, &child->local_name);
    return TakeId(field, 1, &child->node_id);
  });
}

bool Decode(std::string_view bytes, ObjectGraph::Attribute* attribute) {
  return ReadFields(bytes, [attribute](const Field& field) {
    TakeString(field, 1, &attribute->name);
    TakeString(field, 2, &attribute->full_name);
    TakeString(field, 3, &attribute->checkpoint_key);
    TakeBool(field, 4, &attribute->optional_restore);
    return true;
  });
}

bool Decode(std::string_view bytes, ObjectGraph::SlotVariable* slot) {
  return ReadFields(bytes, [slot](const Field& field) {
    TakeString(field, 2, &slot->slot_name);
    return TakeId(field, 1, &slot->original_variable_node_id) &&
           TakeId(field, 3, &slot->slot_variable_node_id);
  });
}

bool Decode(std::string_view bytes, ObjectGraph::RegisteredSaver* saver) {
  return ReadFields(bytes, [saver](const Field& field) {
    TakeString(field, 1, &saver->name);
    TakeString(field, 2, &saver->object_name);
    return true;
  });
}

bool Decode(std::string_view bytes, bool* has_checkpoint_values) {
  return ReadFields(bytes, [has_checkpoint_values](const Field& field) {
    TakeBool(field, 1, has_checkpoint_values);
    return true;
  });
}

// A message that occurs twice is merged with what is there already.
template <typename T>
T& Existing(std::optional<T>& value) {
  return value ? *value : value.emplace();
}

struct RecordCounts {
  size_t children = 0;
  size_t attributes = 0;
  size_t slots = 0;
};

// Of one node; those before the malformed field, if there is one.
RecordCounts CountRecords(std::string_view node) {
  RecordCounts counts;
  ReadFields(node, [&counts](const Field& field) {
    if (field.type != kBytes) return true;
    if (field.id == 1) ++counts.children;
    if (field.id == 2) ++counts.attributes;
    if (field.id == 3) ++counts.slots;
    return true;
  });
  return counts;
}

bool Decode(std::string_view bytes, ObjectGraph::Node* node) {
  const RecordCounts counts = CountRecords(bytes);
  node->children.reserve(counts.children);
  node->attributes.reserve(counts.attributes);
  node->slot_variables.reserve(counts.slots);
  return ReadFields(bytes, [node](const Field& field) {
    if (field.type != kBytes) return true;
    switch (field.id) {
      case 1:
        return Decode(field.bytes, &node->children.emplace_back());
      case 2:
        return Decode(field.bytes, &node->attributes.emplace_back());
      case 3:
        return Decode(field.bytes, &node->slot_variables.emplace_back());
      case 4:
        return Decode(field.bytes, &Existing(node->registered_saver));
      case 5:
        return Decode(field.bytes, &Existing(node->has_checkpoint_values));
      default:
        return true;
    }
  });
}

// Calls `take` with the position and the bytes of each node.
template <typename Take>
Status ForEachNode(std::string_view bytes, Take take) {
  Cursor in(bytes);
  while (!in.empty()) {
    const size_t at = in.position();
    Field field;
    if (!ReadField(in, &field)) {
      return DataLossError(StrCat("object graph: malformed field at byte ", at,
                                  " of ", bytes.size()));
    }
    if (field.id != 1 || field.type != kBytes) continue;
    CAIRN_RETURN_IF_ERROR(take(at, field.bytes));
  }
  return OkStatus();
}

Status CheckNodeIds(const ObjectGraph& graph) {
  const size_t count = graph.nodes.size();
  const auto check = [count](size_t node, int32_t id,
                             std::string_view what) -> Status {
    if (static_cast<size_t>(id) < count) return OkStatus();
    return DataLossError(StrCat("object graph: node ", node, " names node ", id,
                                " as ", what, ", there are ", count, " nodes"));
  };
  for (size_t i = 0; i < count; ++i) {
    for (const ObjectGraph::Child& child : graph.nodes[i].children) {
      CAIRN_RETURN_IF_ERROR(check(i, child.node_id, "a child"));
    }
    for (const auto& slot : graph.nodes[i].slot_variables) {
      CAIRN_RETURN_IF_ERROR(
          check(i, slot.original_variable_node_id, "a slot's variable"));
      CAIRN_RETURN_IF_ERROR(check(i, slot.slot_variable_node_id, "a slot"));
    }
  }
  return OkStatus();
}

}  // namespace

std::string EncodeObjectGraph(const ObjectGraph& graph) {
  std::string out;
  for (const ObjectGraph::Node& node : graph.nodes) {
    PutMessage(out, 1, Encode(node));
  }
  return out;
}

StatusOr<ObjectGraph> DecodeObjectGraph(std::string_view bytes) {
  if (bytes.size() > kMaxObjectGraphBytes) {
    return DataLossError(StrCat("object graph: ", bytes.size(),
                                " bytes long, at most ", kMaxObjectGraphBytes,
                                " expected"));
  }
  // Counted first, so that too many are refused before they take memory.
  size_t count = 0;
  size_t records = 0;
  CAIRN_RETURN_IF_ERROR(
      ForEachNode(bytes, [&](size_t /*at*/, std::string_view node) {
        const RecordCounts counts = CountRecords(node);
        ++count;
        records += 1 + counts.children + counts.attributes + counts.slots;
        return OkStatus();
      }));
  const size_t limit =
      kMaxFreeObjectGraphRecords + bytes.size() / kObjectGraphBytesPerRecord;
  if (records > limit) {
    return DataLossError(
        StrCat("object graph (", kObjectGraphKey, "): ", records,
               " nodes, children, attributes and slot variables in ",
               bytes.size(), " bytes, at most ", limit, " expected"));
  }
  ObjectGraph graph;
  graph.nodes.reserve(count);
  CAIRN_RETURN_IF_ERROR(ForEachNode(bytes, [&](size_t at,
                                               std::string_view node) {
    if (Decode(node, &graph.nodes.emplace_back())) return OkStatus();
    return DataLossError(StrCat("object graph: node ", graph.nodes.size() - 1,
                                " at byte ", at, " is malformed"));
  }));
  if (graph.nodes.empty()) return DataLossError("object graph: no nodes");
  CAIRN_RETURN_IF_ERROR(CheckNodeIds(graph));
  return graph;
}

bool HasCheckpointValues(const ObjectGraph::Node& node) {
  if (node.has_checkpoint_values) return *node.has_checkpoint_values;
  return !node.children.empty() || !node.attributes.empty() ||
         !node.slot_variables.empty() || node.registered_saver.has_value();
}

}  // namespace cairn::object
