// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
#include "cairn/graph/scope_names.h"

#include <algorithm>

#include "cairn/base/strings.h"

namespace cairn::graph {
namespace {

std::string_view WithoutSlash(std::string_view scope) {
  if (scope.ends_with('/')) scope.remove_suffix(1);
  return scope;
}

// Bytes of the mark at `at`, 0 if there is none.
size_t MarkSize(std::string_view name, size_t at) {
  if (name[at] == '^') return 1;
  if (name.substr(at).starts_with(kColocationPrefix)) {
    return kColocationPrefix.size();
  }
  return 0;
}

// Where what follows `scope` and its slashes starts, if `name` has them at
// `at`; else npos.
size_t AfterScope(std::string_view name, size_t at, std::string_view scope) {
  if (!name.substr(at).starts_with(scope)) return std::string_view::npos;
  const size_t slash = at + scope.size();
  const size_t rest = name.find_first_not_of('/', slash);
  const size_t end = rest == std::string_view::npos ? name.size() : rest;
  return end > slash ? end : std::string_view::npos;
}

bool IsScopeCharacter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '_' || c == '.' || c == '\\' ||
         c == '/' || c == '>' || c == '-';
}

}  // namespace

std::string PrependScope(std::string_view name, std::string_view scope) {
  scope = WithoutSlash(scope);
  if (scope.empty()) return std::string(name);
  const size_t mark = name.empty() ? 0 : MarkSize(name, 0);
  return StrCat(name.substr(0, mark), scope, "/", name.substr(mark));
}

std::string StripScope(std::string_view name, std::string_view scope) {
  scope = WithoutSlash(scope);
  if (scope.empty()) return std::string(name);
  for (size_t at = 0; at < name.size(); ++at) {
    const size_t mark = MarkSize(name, at);
    if (at > 0 && mark == 0) continue;
    size_t kept = at + mark;
    size_t rest = AfterScope(name, kept, scope);
    if (rest != std::string_view::npos) {
      return StrCat(name.substr(0, kept), name.substr(rest));
    }
  }
  return std::string(name);
}

std::string_view NodeOfInput(std::string_view input) {
  if (IsControlInput(input)) return input.substr(1);
  return input.substr(0, input.find(':'));
}

Status CheckScopeName(std::string_view scope) {
  if (scope.empty()) return OkStatus();
  const char first = scope.front();
  const bool starts_well = IsScopeCharacter(first) && first != '_' &&
                           first != '\\' && first != '/' && first != '>' &&
                           first != '-';
  if (starts_well && std::ranges::all_of(scope, IsScopeCharacter)) {
    return OkStatus();
  }
  return InvalidArgumentError(StrCat(
      "'", Escape(scope),
      "' is not a valid scope name. A scope name has to "
      "match the following pattern: ^[A-Za-z0-9.][A-Za-z0-9_.\\\\/>-]*$"));
}

}  // namespace cairn::graph
