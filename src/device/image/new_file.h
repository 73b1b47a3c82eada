// A file that has no name until it is complete: however its making ends, nothing half-made is left behind.
#pragma once

#include <string>

#include "zonecopy/file_descriptor.h"

namespace zonecopy {

class NewFile {
 public:
  explicit NewFile(std::string path) : path_(std::move(path)) {}
  NewFile(const NewFile&) = delete;
  NewFile& operator=(const NewFile&) = delete;
  ~NewFile();

  /// 0 or an errno; EEXIST if there is something under the name.
  int open();
  [[nodiscard]] int fd() const { return file_.get(); }
  /// Gives it its name: 0, EEXIST if somebody else was faster, or another errno.
  int publish();

 private:
  std::string path_;
  FileDescriptor file_;
  bool named_ = false;  ///< from the beginning: the file system has no files without names
  bool published_ = false;
};

}  // namespace zonecopy
