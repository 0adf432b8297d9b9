// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// The elements of those collections whose bytes are messages that name nodes:
// variables, savers, queue runners, loops and branches. TensorFlow decides by
// the collection's name which message it is, and so do we.
//
// Inside this room only. Thread-safe.
#ifndef CAIRN_GRAPH_COLLECTION_ELEMENTS_H_
#define CAIRN_GRAPH_COLLECTION_ELEMENTS_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "cairn/base/status.h"

namespace cairn::graph {

enum class ElementKind {
  kOther,  // whatever a program put there
  kVariable,
  kSaver,
  kQueueRunner,
  kCondContext,
  kWhileContext,
};

// Of a collection of bytes.
ElementKind ElementKindOf(std::string_view collection);

// `bytes` with each name replaced by `rename`'s result; absent names stay
// absent. DataLoss when they are no such message. Not for kOther.
StatusOr<std::string> RenameElement(
    ElementKind kind, const std::string& bytes,
    const std::function<std::string(std::string_view)>& rename);

// What decides whether an element is in a scope: the variable, the queue, the
// context. "" for savers, each of whose names decides. DataLoss as above.
StatusOr<std::string> ElementName(ElementKind kind, const std::string& bytes);
// Whether all three names of a saver start with `scope`.
StatusOr<bool> SaverIsInScope(const std::string& bytes, std::string_view scope);

// `bytes` without the values of loops and branches whose nodes do not exist;
// nothing when another node is missing, for TensorFlow would refuse the whole
// graph. DataLoss as above.
StatusOr<std::optional<std::string>> KeepElement(
    ElementKind kind, const std::string& bytes,
    const std::function<bool(std::string_view tensor)>& exists);

// Calls `visit` with the name of each loop in an element of the two kinds of
// contexts, and each tensor inside it. DataLoss as above.
Status ForEachLoopValue(
    ElementKind kind, const std::string& bytes,
    const std::function<void(const std::string& loop,
                             const std::string& tensor)>& visit);

// `bytes` of a variable with `trainable` set.
StatusOr<std::string> WithTrainable(const std::string& bytes, bool trainable);

}  // namespace cairn::graph

#endif  // CAIRN_GRAPH_COLLECTION_ELEMENTS_H_
