// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// A journal is read as hostile: its checksum, the form of every line, and that
// every name is a plain one that belongs to the journal's own prefix, so that
// rolling forward cannot touch a stranger's file.
#include "cairn/base/journal.h"

#include <atomic>
#include <charconv>
#include <chrono>
#include <exception>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "cairn/base/commit.h"
#include "cairn/base/crc32c.h"
#include "cairn/base/strings.h"

namespace cairn::commit_internal {
namespace {

constexpr std::string_view kTemporaryMark = ".cairn-tmp-";
constexpr std::string_view kJournalHeader = "cairn-journal 1\n";
constexpr size_t kTokenDigits = 16;
constexpr size_t kTagDigits = 8;
constexpr uint64_t kMaxJournalBytes = uint64_t{64} << 20;

uint32_t RandomBits() {
  static std::atomic<uint32_t> calls{0};
  const uint32_t call = calls.fetch_add(1, std::memory_order_relaxed);
  try {
    return std::random_device()() ^ call;
  } catch (const std::exception&) {
    const auto now =
        std::chrono::steady_clock::now().time_since_epoch().count();
    return (static_cast<uint32_t>(now) + call) * 0x9e3779b1u;
  }
}

// The first half of a temporary's token tells whose it is: `model` must not
// take `model.best.index.cairn-tmp-...` for its own.
std::string TagOf(std::string_view prefix) {
  return Hex(Crc32c(BaseName(prefix)), kTagDigits);
}

bool IsLowerHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

bool IsPlain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
         (c >= '0' && c <= '9') || c == '.' || c == '_' || c == '-';
}

// Every other byte as %XX, so that a name has neither spaces nor line ends.
std::string EscapeName(std::string_view name) {
  std::string out;
  for (const char c : name) {
    if (IsPlain(c)) {
      out += c;
    } else {
      out += '%';
      out += Hex(static_cast<uint8_t>(c), 2);
    }
  }
  return out;
}

std::optional<std::string> UnescapeName(std::string_view text) {
  std::string name;
  while (!text.empty()) {
    size_t used = 1;
    if (text[0] == '%') {
      uint8_t byte = 0;
      if (text.size() < 3 || !IsLowerHex(text.substr(1, 2)))
        return std::nullopt;
      std::from_chars(text.data() + 1, text.data() + 3, byte, 16);
      name += static_cast<char>(byte);
      used = 3;
    } else if (IsPlain(text[0])) {
      name += text[0];
    } else {
      return std::nullopt;
    }
    text.remove_prefix(used);
  }
  return name;
}

}  // namespace

std::string NewTemporaryName(std::string_view final_path,
                             std::string_view prefix) {
  return StrCat(final_path, kTemporaryMark, TagOf(prefix),
                Hex(RandomBits(), kTokenDigits - kTagDigits));
}

StatusOr<std::string> FreeTemporaryName(FileSystem& fs,
                                        std::string_view final_path,
                                        std::string_view prefix) {
  for (int attempt = 1;; ++attempt) {
    std::string path = NewTemporaryName(final_path, prefix);
    const StatusOr<FileInfo> info = fs.Stat(path);
    if (absl::IsNotFound(info.status())) return path;
    CAIRN_RETURN_IF_ERROR(info.status());
    if (attempt == kMaxNameAttempts) {
      return AlreadyExistsError(StrCat(Escape(path), ": exists already"));
    }
  }
}

bool ParseTemporaryName(std::string_view name, std::string_view prefix,
                        std::string_view* final_name) {
  const size_t tail = kTemporaryMark.size() + kTokenDigits;
  if (name.size() <= tail) return false;
  const std::string_view head = name.substr(0, name.size() - tail);
  const std::string_view mark = name.substr(head.size(), kTemporaryMark.size());
  const std::string_view token = name.substr(name.size() - kTokenDigits);
  if (mark != kTemporaryMark || !IsLowerHex(token) ||
      token.substr(0, kTagDigits) != TagOf(prefix) ||
      !head.starts_with(BaseName(prefix))) {
    return false;
  }
  *final_name = head;
  return true;
}

std::string FormatJournal(const std::vector<JournalEntry>& entries) {
  std::string body;
  for (const JournalEntry& entry : entries) {
    body += StrCat(entry.size, " ", EscapeName(BaseName(entry.temporary)), " ",
                   EscapeName(BaseName(entry.final_path)), "\n");
  }
  return StrCat(kJournalHeader, Hex(Crc32c(body), 8), "\n", body);
}

namespace {

std::optional<JournalEntry> ParseJournalLine(std::string_view line,
                                             std::string_view prefix) {
  const std::vector<std::string_view> fields = Split(line, ' ');
  if (fields.size() != 3) return std::nullopt;
  JournalEntry entry;
  const char* const end = fields[0].data() + fields[0].size();
  const auto [stop, error] = std::from_chars(fields[0].data(), end, entry.size);
  if (error != std::errc() || stop != end) return std::nullopt;
  const std::optional<std::string> temporary = UnescapeName(fields[1]);
  const std::optional<std::string> final_name = UnescapeName(fields[2]);
  if (!temporary || !final_name) return std::nullopt;
  std::string_view expected;
  if (!ParseTemporaryName(*temporary, prefix, &expected) ||
      expected != *final_name || final_name->find('/') != std::string::npos) {
    return std::nullopt;
  }
  entry.temporary = JoinPath(DirName(prefix), *temporary);
  entry.final_path = JoinPath(DirName(prefix), *final_name);
  return entry;
}

StatusOr<std::vector<JournalEntry>> ParseJournal(std::string_view text,
                                                 const std::string& prefix) {
  const auto wrong = [&](std::string_view what) {
    return DataLossError(StrCat(JournalPath(prefix), ": ", what));
  };
  if (!text.starts_with(kJournalHeader)) {
    return wrong(StrCat("does not start with \"cairn-journal 1\" but \"",
                        Escape(text, 20), "\""));
  }
  text.remove_prefix(kJournalHeader.size());
  if (text.size() < 9 || text[8] != '\n') return wrong("checksum line cut off");
  const std::string_view expected = text.substr(0, 8);
  text.remove_prefix(9);
  const std::string found = Hex(Crc32c(text), 8);
  if (expected != found) {
    return wrong(StrCat("checksum of the entries is ", found, ", recorded is ",
                        Escape(expected)));
  }
  if (!text.ends_with('\n')) return wrong("no entry, or the last line cut off");
  text.remove_suffix(1);
  std::vector<JournalEntry> entries;
  std::set<std::string> finals;
  for (const std::string_view line : Split(text, '\n')) {
    std::optional<JournalEntry> entry = ParseJournalLine(line, prefix);
    if (!entry) return wrong(StrCat("malformed entry \"", Escape(line), "\""));
    if (!finals.insert(entry->final_path).second) {
      return wrong(StrCat("names ", Escape(entry->final_path), " twice"));
    }
    entries.push_back(*std::move(entry));
  }
  return entries;
}

}  // namespace

StatusOr<std::vector<JournalEntry>> ReadJournal(FileSystem& fs,
                                                const std::string& prefix) {
  const StatusOr<std::string> text =
      fs.ReadFile(JournalPath(prefix), kMaxJournalBytes);
  if (text.ok()) return ParseJournal(*text, prefix);
  if (absl::IsNotFound(text.status())) return std::vector<JournalEntry>();
  return text.status();
}

}  // namespace cairn::commit_internal
