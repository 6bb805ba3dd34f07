/** Silenced nodes: whom nobody is to be alerted of for a time, kept in the replicated store. */
@NullMarked
package io.llamamesh.agent.silence;

import org.jspecify.annotations.NullMarked;
