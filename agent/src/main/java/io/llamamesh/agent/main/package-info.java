/** The programs: reads arguments and environment, puts the parts together, ends them in order. */
@NullMarked
package io.llamamesh.agent.main;

import org.jspecify.annotations.NullMarked;
