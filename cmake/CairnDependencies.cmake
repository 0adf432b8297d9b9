# Everything Cairn links, from the distribution. One job each; which room may
# include which is in docs/architecture.md.
find_package(Threads REQUIRED)
find_package(absl REQUIRED)
find_package(Protobuf REQUIRED)
find_package(Snappy REQUIRED)
if(CAIRN_NN)
  find_package(dnnl REQUIRED)
endif()
if(CAIRN_TESTS)
  find_package(GTest REQUIRED)
endif()
if(CAIRN_BENCH)
  find_package(benchmark REQUIRED)
endif()

# isa-l ships no CMake package; without it the portable CRC32C is used.
find_path(ISAL_INCLUDE_DIR isa-l/crc.h)
find_library(ISAL_LIBRARY isal)
if(ISAL_INCLUDE_DIR AND ISAL_LIBRARY AND NOT TARGET Cairn::isal)
  add_library(Cairn::isal UNKNOWN IMPORTED)
  set_target_properties(Cairn::isal PROPERTIES
    IMPORTED_LOCATION ${ISAL_LIBRARY}
    INTERFACE_INCLUDE_DIRECTORIES ${ISAL_INCLUDE_DIR})
endif()
