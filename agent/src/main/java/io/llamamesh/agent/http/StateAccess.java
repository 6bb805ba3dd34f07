package io.llamamesh.agent.http;

import io.llamamesh.auth.ProgramGrants;
import org.jspecify.annotations.Nullable;

/**
 * What one request may read and write of what agents share.
 *
 * @param grant of the program that asks; null for whoever may do everything
 */
record StateAccess(ProgramGrants.@Nullable Grant grant) {

  /** Access to everything. */
  static final StateAccess ALL = new StateAccess(null);

  /**
   * Refuses what may not be read.
   *
   * @param pattern a key, a pattern of keys, or a topic
   */
  void checkRead(String pattern) throws RequestException {
    if (grant != null && !grant.isReadable(pattern)) {
      throw refused("read", grant);
    }
  }

  /**
   * Refuses what may not be written.
   *
   * @param name a key, or a topic
   */
  void checkWrite(String name) throws RequestException {
    if (grant != null && !grant.isWritable(name)) {
      throw refused("write", grant);
    }
  }

  private static RequestException refused(String verb, ProgramGrants.Grant grant) {
    return new RequestException(
        403, "the credential of program '" + grant.name() + "' may not " + verb + " this");
  }
}
