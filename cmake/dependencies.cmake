# Libraries from Debian 12's packages. LLVM, libbpf and elfutils are linked statically: the program
# then starts in 2 ms and needs nothing but libc on the machine that it runs on.
find_package(PkgConfig REQUIRED)
find_package(BISON 3.8 REQUIRED)
find_package(FLEX 2.6 REQUIRED)

find_program(LLVM_CONFIG llvm-config-19 REQUIRED)
function(llvm_config variable)
  execute_process(COMMAND ${LLVM_CONFIG} --link-static ${ARGN}
    OUTPUT_VARIABLE output OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
  separate_arguments(output)
  set(${variable} ${output} PARENT_SCOPE)
endfunction()
llvm_config(LLVM_LIBRARIES --libs bpfcodegen bpfdesc bpfinfo passes core target bitreader linker)
llvm_config(LLVM_INCLUDE_DIR --includedir)
llvm_config(LLVM_LIBRARY_DIR --libdir)

add_library(sonde_llvm INTERFACE)
target_include_directories(sonde_llvm SYSTEM INTERFACE ${LLVM_INCLUDE_DIR})
target_link_directories(sonde_llvm INTERFACE ${LLVM_LIBRARY_DIR})
target_link_libraries(sonde_llvm INTERFACE ${LLVM_LIBRARIES} libz.a libzstd.a -l:libstdc++.a -lm)
target_link_options(sonde_llvm INTERFACE
  -Wl,--gc-sections -Wl,--exclude-libs,ALL -static-libgcc)

add_library(sonde_bpf INTERFACE)
target_link_libraries(sonde_bpf INTERFACE libbpf.a libelf.a libz.a)

add_library(sonde_dw INTERFACE)
target_link_libraries(sonde_dw INTERFACE libdw.a libelf.a libbz2.a liblzma.a libzstd.a libz.a)
