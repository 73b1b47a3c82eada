// A file descriptor that closes itself.
#pragma once

#include "zonecopy/file_descriptor.h"
