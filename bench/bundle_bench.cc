// Copyright 2026 The Cairn Authors. SPDX-License-Identifier: Apache-2.0
//
// Does one thing with a bundle for each line of standard input and answers with
// the seconds it took, so that bundle.py can let two programs take turns:
//
//   list PREFIX              every key with dtype and shape
//   find PREFIX KEY          open, and read one tensor
//   read PREFIX              all tensors into memory, one after another,
//   verified read_all PREFIX          the same by all cores view PREFIX all
//   tensors in place, without checksums save_small PREFIX N      N float32
//   tensors of 4 elements, named layer_%07d/w save_big PREFIX N BYTES  N
//   float32 tensors of together BYTES, durable write PATH BYTES         the
//   bare write call and fsync, for comparison copy BYTES               memcpy
//   of as much, for comparison
//
// Answer: "WALL CPU" in seconds, or "error: ..."
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <vector>

#include "cairn/base/commit.h"
#include "cairn/base/file_system.h"
#include "cairn/base/strings.h"
#include "cairn/bundle/reader.h"
#include "cairn/bundle/writer.h"

namespace cairn {
namespace {

using bundle::BundleReader;
using bundle::BundleWriter;

double CpuSeconds() {
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
  const auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) +
           1e-6 * static_cast<double>(t.tv_usec);
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// The source of the numbers that are saved: made once, before anything is
// timed.
std::vector<float>& Numbers(size_t count) {
  static std::vector<float> numbers;
  for (size_t i = numbers.size(); i < count; ++i) {
    numbers.push_back(static_cast<float>(i % 1009) * 0.25f);
  }
  return numbers;
}

Status List(std::istream& in) {
  std::string prefix;
  in >> prefix;
  CAIRN_ASSIGN_OR_RETURN(auto reader,
                         BundleReader::Open(LocalFileSystem(), prefix));
  uint64_t keys = 0;
  auto it = reader->NewIterator();
  for (; it->Valid(); it->Next()) {
    CAIRN_RETURN_IF_ERROR(it->entry().status());
    ++keys;
  }
  std::cerr << keys << " keys\n";
  return it->status();
}

Status Find(std::istream& in) {
  std::string prefix, key;
  in >> prefix >> key;
  CAIRN_ASSIGN_OR_RETURN(auto reader,
                         BundleReader::Open(LocalFileSystem(), prefix));
  return reader->Read(key).status();
}

Status Read(std::istream& in) {
  std::string prefix;
  in >> prefix;
  CAIRN_ASSIGN_OR_RETURN(auto reader,
                         BundleReader::Open(LocalFileSystem(), prefix));
  auto it = reader->NewIterator();
  for (; it->Valid(); it->Next()) {
    CAIRN_RETURN_IF_ERROR(reader->Read(it->key()).status());
  }
  return it->status();
}

Status ReadAll(std::istream& in) {
  std::string prefix;
  in >> prefix;
  CAIRN_ASSIGN_OR_RETURN(auto reader,
                         BundleReader::Open(LocalFileSystem(), prefix));
  return reader->ReadAll(
      [](std::string_view, const Tensor&) { return OkStatus(); });
}

Status View(std::istream& in) {
  std::string prefix;
  in >> prefix;
  CAIRN_ASSIGN_OR_RETURN(auto reader,
                         BundleReader::Open(LocalFileSystem(), prefix));
  auto it = reader->NewIterator();
  for (; it->Valid(); it->Next()) {
    CAIRN_RETURN_IF_ERROR(
        reader->View(it->key(), BundleReader::Verify::kNone).status());
  }
  return it->status();
}

Status SaveSmall(std::istream& in) {
  std::string prefix;
  int count = 0;
  in >> prefix >> count;
  const std::vector<float>& numbers = Numbers(4);
  Commit commit(LocalFileSystem(), prefix);
  CAIRN_ASSIGN_OR_RETURN(auto writer, BundleWriter::Create(commit, prefix));
  char key[32];
  for (int i = 0; i < count; ++i) {
    std::snprintf(key, sizeof key, "layer_%07d/w", i);
    CAIRN_RETURN_IF_ERROR(
        writer->Add(key, TensorView::Of<float>({4}, numbers.data())));
  }
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

Status SaveBig(std::istream& in) {
  std::string prefix;
  int64_t count = 0, bytes = 0;
  in >> prefix >> count >> bytes;
  const int64_t each = bytes / 4 / count;
  const std::vector<float>& numbers = Numbers(static_cast<size_t>(each));
  Commit commit(LocalFileSystem(), prefix);
  CAIRN_ASSIGN_OR_RETURN(auto writer, BundleWriter::Create(commit, prefix));
  for (int64_t i = 0; i < count; ++i) {
    CAIRN_RETURN_IF_ERROR(writer->Add(
        StrCat("w", i), TensorView::Of<float>({each}, numbers.data())));
  }
  CAIRN_RETURN_IF_ERROR(writer->Finish());
  return commit.Finish();
}

Status WriteBare(std::istream& in) {
  std::string path;
  size_t bytes = 0;
  in >> path >> bytes;
  const size_t each = size_t{64} << 20;
  const std::vector<float>& numbers = Numbers(each / 4);
  const int fd = open(path.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0644);
  if (fd < 0) return UnavailableError(path);
  while (bytes > 0) {
    const size_t n = std::min(bytes, each);
    const ssize_t done = write(fd, numbers.data(), n);
    if (done <= 0) return UnavailableError(path);
    bytes -= static_cast<size_t>(done);
  }
  const bool good = fsync(fd) == 0;
  return close(fd) == 0 && good ? OkStatus() : UnavailableError(path);
}

Status Copy(std::istream& in) {
  size_t bytes = 0;
  in >> bytes;
  const size_t each = size_t{64} << 20;
  const std::vector<float>& numbers = Numbers(each / 4);
  std::vector<std::unique_ptr<char[]>> copies;
  for (size_t done = 0; done < bytes; done += each) {
    copies.push_back(std::make_unique_for_overwrite<char[]>(each));
    std::memcpy(copies.back().get(), numbers.data(), each);
  }
  return OkStatus();
}

int Serve() {
  const std::map<std::string, std::function<Status(std::istream&)>> verbs = {
      {"list", List},        {"find", Find},       {"read", Read},
      {"read_all", ReadAll}, {"view", View},       {"save_small", SaveSmall},
      {"save_big", SaveBig}, {"write", WriteBare}, {"copy", Copy}};
  std::string line;
  while (std::getline(std::cin, line)) {
    std::istringstream in(line);
    std::string verb;
    in >> verb;
    if (verb == "prepare") {
      size_t bytes = 0;
      in >> bytes;
      Numbers(bytes / 4);
      std::cout << "0 0\n" << std::flush;
      continue;
    }
    const auto found = verbs.find(verb);
    if (found == verbs.end()) return 2;
    const double cpu = CpuSeconds();
    const auto start = std::chrono::steady_clock::now();
    const Status status = found->second(in);
    const std::chrono::duration<double> wall =
        std::chrono::steady_clock::now() - start;
    if (status.ok()) {
      std::cout << wall.count() << " " << CpuSeconds() - cpu << "\n";
    } else {
      std::cout << "error: " << Message(status) << "\n";
    }
    std::cout << std::flush;
  }
  return 0;
}

}  // namespace
}  // namespace cairn

int main() { return cairn::Serve(); }
