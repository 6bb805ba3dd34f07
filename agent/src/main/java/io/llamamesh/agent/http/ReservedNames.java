package io.llamamesh.agent.http;

import io.llamamesh.fabric.store.Key;
import io.llamamesh.fabric.transport.FabricNode;
import java.util.Set;

/**
 * Topics and keys that parts of the agent use themselves: over HTTP they are written by those
 * parts' own paths only, which check who asks for what.
 */
final class ReservedNames {

  private static final Set<String> TOPICS = Set.of("burst");
  private static final Set<String> FIRST_PARTS = Set.of("silence");

  private ReservedNames() {}

  /** Refuses a topic that no program may send to. */
  static void checkTopic(String topic) throws RequestException {
    boolean isReserved =
        topic.startsWith(FabricNode.OWN_TOPICS)
            || TOPICS.stream().anyMatch(own -> topic.equals(own) || topic.startsWith(own + "/"));
    if (isReserved) {
      throw new RequestException(403, "this topic is the agents' own");
    }
  }

  /** Refuses a key that no program may write. */
  static void checkKey(Key key) throws RequestException {
    if (FIRST_PARTS.contains(key.parts().getFirst())) {
      throw new RequestException(403, "keys under this prefix have a command of their own");
    }
  }
}
