# Libraries without a usable CMake package of their own. Included by the build
# and, installed, by CairnConfig.cmake, which needs the same targets.

# cairn_import(TARGET HEADER LIBRARY): an imported target, if both are found.
function(cairn_import target header library)
  if(TARGET ${target})
    return()
  endif()
  string(MAKE_C_IDENTIFIER ${target} id)
  find_path(${id}_INCLUDE_DIR ${header})
  find_library(${id}_LIBRARY NAMES ${library})
  mark_as_advanced(${id}_INCLUDE_DIR ${id}_LIBRARY)
  if(${id}_INCLUDE_DIR AND ${id}_LIBRARY)
    add_library(${target} UNKNOWN IMPORTED)
    set_target_properties(${target} PROPERTIES
      IMPORTED_LOCATION ${${id}_LIBRARY}
      INTERFACE_INCLUDE_DIRECTORIES ${${id}_INCLUDE_DIR})
  endif()
endfunction()

# isa-l ships no CMake package; without it the portable CRC32C is used.
cairn_import(Cairn::isal isa-l/crc.h isal)
# oneDNN's package asks for the OpenCL headers, which CPU code does not need.
cairn_import(DNNL::dnnl oneapi/dnnl/dnnl.hpp dnnl)
# SHA-256 for listings.
cairn_import(Cairn::nettle nettle/sha2.h nettle)
# Regular expressions of warm starts; the archive, as the tool's other libraries
# (cmake/CairnStaticLibraries.cmake says why), where there is one.
cairn_import(Cairn::re2 re2/re2.h "libre2.a;re2")
