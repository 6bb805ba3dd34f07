package io.llamamesh.crd;

import io.llamamesh.crd.LlamaMeshSpec.PortClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Allocation of source ports to traffic classes: those that name a base port keep it, the others
 * follow from {@link MeshDefaults#FIRST_SOURCE_PORT} up in order.
 */
final class PortAllocation {
  private PortAllocation() {}

  /**
   * The first source port of each class, in their order.
   *
   * @throws IllegalArgumentException where ports run out
   */
  static List<Integer> basePorts(List<PortClass> classes) {
    List<int[]> taken = new ArrayList<>();
    for (PortClass c : classes) {
      if (c.basePort() != null) {
        taken.add(new int[] {c.basePort(), c.basePort() + count(c)});
      }
    }
    List<Integer> bases = new ArrayList<>();
    for (PortClass c : classes) {
      int base = c.basePort() == null ? firstFree(taken, count(c)) : c.basePort();
      if (c.basePort() == null) {
        taken.add(new int[] {base, base + count(c)});
      }
      bases.add(base);
    }
    return List.copyOf(bases);
  }

  private static int count(PortClass c) {
    return Objects.requireNonNullElse(c.count(), MeshDefaults.SOURCE_PORTS);
  }

  private static int firstFree(List<int[]> taken, int count) {
    int base = MeshDefaults.FIRST_SOURCE_PORT;
    boolean moved = true;
    while (moved) {
      moved = false;
      for (int[] range : taken) {
        if (base < range[1] && range[0] < base + count) {
          base = range[1];
          moved = true;
        }
      }
    }
    if (base + count > 65_536) {
      throw new IllegalArgumentException(
          "spec.ports: no "
              + count
              + " source ports are free from "
              + MeshDefaults.FIRST_SOURCE_PORT
              + " up; lower a count");
    }
    return base;
  }
}
