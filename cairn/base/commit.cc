// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Order of operations, names that exist already (D is the directory):
//
//   create, append, sync, close  every temporary
//   create, append, sync, close  the journal's temporary
//   sync D                       a journal must not outlive what it names
//   rename                       the journal into place
//   sync D                       <- the new set is the committed one
//   rename                       every file
//   sync D
//   remove                       the journal, then the surplus files
//
// The removals need no sync: a journal that comes back after a power cut names
// temporaries that are gone for good, and so resolves to the final names.
//
// A journal is read as hostile: its checksum, the form of every line, and that
// every name is a plain one that belongs to the journal's own prefix, so that
// rolling forward cannot touch a stranger's file.
#include "cairn/base/commit.h"

#include <atomic>
#include <charconv>
#include <chrono>
#include <optional>
#include <random>
#include <set>
#include <utility>

#include "cairn/base/crc32c.h"
#include "cairn/base/strings.h"

namespace cairn {
namespace {

constexpr std::string_view kJournalSuffix = ".cairn-journal";
constexpr std::string_view kTemporaryMark = ".cairn-tmp-";
constexpr std::string_view kJournalHeader = "cairn-journal 1\n";
constexpr size_t kTokenDigits = 16;
constexpr size_t kTagDigits = 8;
constexpr uint64_t kMaxJournalBytes = uint64_t{64} << 20;
constexpr int kMaxNameAttempts = 16;

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

std::string NewTemporaryName(std::string_view final_path,
                             std::string_view prefix) {
  return StrCat(final_path, kTemporaryMark, TagOf(prefix),
                Hex(RandomBits(), kTokenDigits - kTagDigits));
}

bool IsLowerHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

// Whether `name` is a temporary of `prefix`; `final_name` gets what it is for.
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

struct NewFile {
  std::string path;
  std::unique_ptr<WritableFile> file;
};

StatusOr<NewFile> CreateTemporary(FileSystem& fs, std::string_view final_path,
                                  std::string_view prefix) {
  for (int attempt = 1;; ++attempt) {
    std::string path = NewTemporaryName(final_path, prefix);
    StatusOr<std::unique_ptr<WritableFile>> file = fs.CreateNew(path);
    if (file.ok()) return NewFile{std::move(path), *std::move(file)};
    if (!absl::IsAlreadyExists(file.status()) || attempt == kMaxNameAttempts) {
      return file.status();
    }
  }
}

StatusOr<bool> IsThere(FileSystem& fs, const std::string& path) {
  const StatusOr<FileInfo> info = fs.Stat(path);
  if (info.ok()) return true;
  if (absl::IsNotFound(info.status())) return false;
  return info.status();
}

// --- the journal ---

struct JournalEntry {
  uint64_t size = 0;
  std::string temporary;  // paths
  std::string final_path;
};

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

std::string FormatJournal(const std::vector<JournalEntry>& entries) {
  std::string body;
  for (const JournalEntry& entry : entries) {
    body += StrCat(entry.size, " ", EscapeName(BaseName(entry.temporary)), " ",
                   EscapeName(BaseName(entry.final_path)), "\n");
  }
  return StrCat(kJournalHeader, Hex(Crc32c(body), 8), "\n", body);
}

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

// Empty without a journal.
StatusOr<std::vector<JournalEntry>> ReadJournal(FileSystem& fs,
                                                const std::string& prefix) {
  const StatusOr<std::string> text =
      fs.ReadFile(JournalPath(prefix), kMaxJournalBytes);
  if (text.ok()) return ParseJournal(*text, prefix);
  if (absl::IsNotFound(text.status())) return std::vector<JournalEntry>();
  return text.status();
}

// Renames what still is under its temporary name and makes it durable. The
// journal and its temporaries must be durable already.
Status Switch(FileSystem& fs, const std::string& prefix,
              const std::vector<JournalEntry>& entries) {
  for (const JournalEntry& entry : entries) {
    const Status renamed = fs.Rename(entry.temporary, entry.final_path);
    if (!renamed.ok() && !absl::IsNotFound(renamed)) return renamed;
  }
  return fs.SyncDirectory(std::string(DirName(prefix)));
}

}  // namespace

std::string JournalPath(std::string_view prefix) {
  return StrCat(prefix, kJournalSuffix);
}

bool HasJournal(FileSystem& fs, const std::string& prefix) {
  return fs.Exists(JournalPath(prefix));
}

Commit::Commit(FileSystem& fs, std::string prefix)
    : fs_(fs), prefix_(std::move(prefix)) {}

Commit::~Commit() { Abandon(); }

StatusOr<WritableFile*> Commit::Create(const std::string& final_path) {
  if (done_) {
    return FailedPreconditionError(
        StrCat(Escape(final_path), ": the commit is finished already"));
  }
  if (!final_path.starts_with(prefix_) ||
      DirName(final_path) != DirName(prefix_) || BaseName(final_path).empty()) {
    return InvalidArgumentError(
        StrCat(Escape(final_path), ": not a file of prefix ", Escape(prefix_)));
  }
  for (const File& file : files_) {
    if (file.final_path == final_path) {
      return AlreadyExistsError(
          StrCat(Escape(final_path), ": created twice in one commit"));
    }
  }
  if (files_.empty()) {
    CAIRN_RETURN_IF_ERROR(fs_.CreateDirectories(std::string(DirName(prefix_))));
    CAIRN_RETURN_IF_ERROR(RollForward(fs_, prefix_));
  }
  CAIRN_ASSIGN_OR_RETURN(NewFile created,
                         CreateTemporary(fs_, final_path, prefix_));
  files_.push_back(
      {std::move(created.path), final_path, std::move(created.file)});
  return files_.back().file.get();
}

void Commit::RemoveAfter(const std::string& path) {
  remove_after_.push_back(path);
}

void Commit::CheckBeforeSwitch(std::function<Status(FileSystem&)> check) {
  checks_.push_back(std::move(check));
}

Status Commit::Finish() {
  if (done_) {
    return FailedPreconditionError(
        StrCat(Escape(prefix_), ": the commit is finished already"));
  }
  for (const File& file : files_) std::erase(remove_after_, file.final_path);
  Status status = SyncFiles();
  if (status.ok()) status = RunChecks();
  if (status.ok()) status = SwitchFiles();
  if (!status.ok()) {
    Abandon();
    return status;
  }
  done_ = true;
  // What is left over here costs space, not data: no reason to call a durable
  // set failed.
  for (const std::string& path : remove_after_) fs_.Remove(path).IgnoreError();
  return OkStatus();
}

Status Commit::SyncFiles() {
  for (File& file : files_) {
    CAIRN_RETURN_IF_ERROR(file.file->Sync());
    CAIRN_RETURN_IF_ERROR(file.file->Close());
    file.file.reset();
  }
  return OkStatus();
}

Status Commit::RunChecks() {
  for (const auto& check : checks_) CAIRN_RETURN_IF_ERROR(check(fs_));
  return OkStatus();
}

Status Commit::SwitchFiles() {
  bool overwrites = false;
  for (const File& file : files_) {
    CAIRN_ASSIGN_OR_RETURN(const bool there, IsThere(fs_, file.final_path));
    overwrites |= there;
  }
  if (files_.empty()) return OkStatus();
  if (!overwrites) return SwitchNew();
  // One rename is atomic without help.
  return files_.size() == 1 ? SwitchSingle() : SwitchJournaled();
}

Status Commit::SwitchSingle() {
  CAIRN_RETURN_IF_ERROR(fs_.Rename(files_[0].temporary, files_[0].final_path));
  files_.clear();
  return fs_.SyncDirectory(std::string(DirName(prefix_)));
}

Status Commit::SwitchNew() {
  Status status;
  size_t renamed = 0;
  for (; renamed < files_.size() && status.ok(); ++renamed) {
    status = fs_.Rename(files_[renamed].temporary, files_[renamed].final_path);
  }
  if (status.ok()) {
    status = fs_.SyncDirectory(std::string(DirName(prefix_)));
  } else {
    --renamed;
  }
  if (status.ok()) {
    files_.clear();
    return status;
  }
  // The last ones first: an index never stands there without its data.
  for (; renamed > 0; --renamed) {
    File& file = files_[renamed - 1];
    fs_.Remove(file.final_path).IgnoreError();
    file.temporary.clear();
  }
  return status;
}

Status Commit::SwitchJournaled() {
  const std::string directory(DirName(prefix_));
  std::vector<JournalEntry> entries;
  for (const File& file : files_) {
    CAIRN_ASSIGN_OR_RETURN(const FileInfo info, fs_.Stat(file.temporary));
    entries.push_back({info.size, file.temporary, file.final_path});
  }
  const std::string journal = JournalPath(prefix_);
  CAIRN_ASSIGN_OR_RETURN(NewFile created,
                         CreateTemporary(fs_, journal, prefix_));
  WritableFile& file = *created.file;
  files_.push_back({created.path, journal, std::move(created.file)});
  CAIRN_RETURN_IF_ERROR(file.Append(FormatJournal(entries)));
  CAIRN_RETURN_IF_ERROR(file.Sync());
  CAIRN_RETURN_IF_ERROR(file.Close());
  CAIRN_RETURN_IF_ERROR(fs_.SyncDirectory(directory));
  CAIRN_RETURN_IF_ERROR(fs_.Rename(created.path, journal));
  files_.pop_back();
  const Status committed = fs_.SyncDirectory(directory);
  if (!committed.ok()) {
    // Whether the journal is durable is unknown, and asking again would prove
    // nothing. It goes, so that the old set is what everybody sees; but a power
    // cut may bring it back, so the temporaries it names have to stay.
    fs_.Remove(journal).IgnoreError();
    files_.clear();
    return committed;
  }
  files_.clear();
  const Status switched = Switch(fs_, prefix_, entries);
  if (!switched.ok()) {
    return Annotate(switched, StrCat(Escape(prefix_),
                                     ": the new files are committed, but not "
                                     "under their final names yet"));
  }
  // A journal that cannot be removed now misleads nobody; the next commit of
  // this prefix has to remove it and reports if it cannot.
  fs_.Remove(journal).IgnoreError();
  return OkStatus();
}

void Commit::Abandon() {
  done_ = true;
  for (File& file : files_) {
    file.file.reset();
    if (!file.temporary.empty()) fs_.Remove(file.temporary).IgnoreError();
  }
  files_.clear();
}

Status WriteFileAtomically(FileSystem& fs, const std::string& path,
                           std::string_view contents) {
  Commit commit(fs, path);
  CAIRN_ASSIGN_OR_RETURN(WritableFile* const file, commit.Create(path));
  CAIRN_RETURN_IF_ERROR(file->Append(contents));
  return commit.Finish();
}

StatusOr<std::string> ResolveCommitted(FileSystem& fs,
                                       const std::string& prefix,
                                       const std::string& path) {
  CAIRN_ASSIGN_OR_RETURN(const auto entries, ReadJournal(fs, prefix));
  for (const JournalEntry& entry : entries) {
    if (entry.final_path != path) continue;
    CAIRN_ASSIGN_OR_RETURN(const bool there, IsThere(fs, entry.temporary));
    return there ? entry.temporary : path;
  }
  return path;
}

Status RollForward(FileSystem& fs, const std::string& prefix) {
  CAIRN_ASSIGN_OR_RETURN(const auto entries, ReadJournal(fs, prefix));
  if (entries.empty()) return OkStatus();
  for (const JournalEntry& entry : entries) {
    const StatusOr<FileInfo> info = fs.Stat(entry.temporary);
    if (absl::IsNotFound(info.status())) continue;  // renamed already
    CAIRN_RETURN_IF_ERROR(info.status());
    if (info->size != entry.size) {
      return DataLossError(StrCat(entry.temporary, ": ", info->size,
                                  " bytes long, its journal says ",
                                  entry.size));
    }
  }
  // The writer may have been killed between putting the journal in place and
  // making that durable.
  CAIRN_RETURN_IF_ERROR(fs.SyncDirectory(std::string(DirName(prefix))));
  CAIRN_RETURN_IF_ERROR(Switch(fs, prefix, entries));
  return fs.Remove(JournalPath(prefix));
}

Status RemoveStaleTemporaries(FileSystem& fs, const std::string& prefix) {
  const std::string directory(DirName(prefix));
  const StatusOr<std::vector<std::string>> names = fs.List(directory);
  if (absl::IsNotFound(names.status())) return OkStatus();
  CAIRN_RETURN_IF_ERROR(names.status());
  CAIRN_ASSIGN_OR_RETURN(const auto entries, ReadJournal(fs, prefix));
  std::set<std::string> needed;
  for (const JournalEntry& entry : entries) needed.insert(entry.temporary);

  std::vector<std::string> stale;
  for (const std::string& name : *names) {
    std::string_view final_name;
    std::string path = JoinPath(directory, name);
    if (ParseTemporaryName(name, prefix, &final_name) &&
        !needed.contains(path)) {
      stale.push_back(std::move(path));
    }
  }
  if (stale.empty()) return OkStatus();
  // A journal that named them may have been removed without that being durable.
  CAIRN_RETURN_IF_ERROR(fs.SyncDirectory(directory));
  for (const std::string& path : stale) CAIRN_RETURN_IF_ERROR(fs.Remove(path));
  return OkStatus();
}

}  // namespace cairn
