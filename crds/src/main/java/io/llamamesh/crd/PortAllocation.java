package io.llamamesh.crd;

import io.llamamesh.crd.LlamaMeshSpec.PortClass;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Gives every traffic class its source ports: those that name a base keep it, the others follow
 * from 25000 up in order.
 */
final class PortAllocation {
  private PortAllocation() {}

  static List<PortClass> fill(List<PortClass> given) {
    List<PortClass> classes =
        given.isEmpty()
            ? List.of(new PortClass(MeshDefaults.DEFAULT_NAME, null, null, null, null, null))
            : given;
    List<int[]> taken = new ArrayList<>();
    for (PortClass c : classes) {
      if (c.basePort() != null) {
        taken.add(new int[] {c.basePort(), c.basePort() + count(c)});
      }
    }
    List<PortClass> filled = new ArrayList<>();
    for (PortClass c : classes) {
      int base = c.basePort() == null ? firstFree(taken, count(c)) : c.basePort();
      if (c.basePort() == null) {
        taken.add(new int[] {base, base + count(c)});
      }
      filled.add(
          new PortClass(
              c.name(),
              Objects.requireNonNullElse(c.dscp(), 0),
              count(c),
              base,
              Objects.requireNonNullElse(c.timeout(), "1s"),
              Objects.requireNonNullElse(c.payloadBytes(), 1000)));
    }
    return List.copyOf(filled);
  }

  private static int count(PortClass c) {
    return Objects.requireNonNullElse(c.count(), 4);
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
          "spec.ports: no " + count + " source ports are free from 25000 up; lower a count");
    }
    return base;
  }
}
