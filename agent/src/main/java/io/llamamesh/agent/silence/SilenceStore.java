package io.llamamesh.agent.silence;

import io.llamamesh.agent.tool.ToolRefusedException;
import io.llamamesh.results.SilencedNode;
import java.util.List;

/** Where silences are kept, on every agent. For all threads. */
public interface SilenceStore {

  /** Silences that are kept, ended ones too; what is unreadable is left out. */
  List<SilencedNode> read() throws ToolRefusedException, InterruptedException;

  /** Keeps a silence, instead of another of its node; it is on disk when this returns. */
  void write(SilencedNode silence) throws ToolRefusedException, InterruptedException;

  /** Removes a node's silence, if there is one. */
  void remove(String node) throws ToolRefusedException, InterruptedException;
}
