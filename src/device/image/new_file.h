// A new file that gets its name when it is complete, so that no incomplete file is left behind, however the process
// ends.
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

  /// Makes the file. Returns 0 or an errno; EEXIST if the name is taken.
  int open();
  [[nodiscard]] int fd() const { return file_.get(); }
  /// Gives the file its name. Returns 0, EEXIST if the name has been taken meanwhile, or another errno.
  int publish();

 private:
  std::string path_;
  FileDescriptor file_;
  bool named_ = false;  ///< it has its name from the beginning, as the file system has no O_TMPFILE
  bool published_ = false;
};

}  // namespace zonecopy
