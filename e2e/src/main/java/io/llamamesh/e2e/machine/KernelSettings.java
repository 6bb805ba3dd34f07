package io.llamamesh.e2e.machine;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Properties;

/** The kernel's settings that a kubelet changes for the whole machine, kept to be put back. */
public final class KernelSettings {
  private static final Path ROOT = Path.of("/proc/sys");
  private static final List<String> CHANGED =
      List.of(
          "vm/overcommit_memory",
          "vm/panic_on_oom",
          "kernel/panic",
          "kernel/panic_on_oops",
          "kernel/keys/root_maxkeys",
          "kernel/keys/root_maxbytes");

  private KernelSettings() {}

  /** Writes down what they are now. */
  public static void save(Path file) throws IOException {
    Properties values = new Properties();
    for (String name : CHANGED) {
      if (Files.exists(ROOT.resolve(name))) {
        values.setProperty(name, Files.readString(ROOT.resolve(name)).strip());
      }
    }
    try (var out = Files.newBufferedWriter(file)) {
      values.store(out, null);
    }
  }

  /** Sets them to what was written down; a file that is not there says nothing. */
  public static void restore(Path file) throws IOException {
    if (!Files.exists(file)) {
      return;
    }
    Properties values = new Properties();
    try (var in = Files.newBufferedReader(file)) {
      values.load(in);
    }
    for (String name : values.stringPropertyNames()) {
      Files.writeString(ROOT.resolve(name), values.getProperty(name));
    }
  }
}
