package io.llamamesh.operator.resources;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The Events of a namespace. */
public interface EventLog {
  /**
   * The latest Events about objects of a kind, newest last; empty where they cannot be read.
   *
   * @param kind of the objects
   * @param name of the object; null: any
   * @param reason of the Events
   */
  List<ObjectEvent> read(String namespace, String kind, @Nullable String name, String reason);
}
