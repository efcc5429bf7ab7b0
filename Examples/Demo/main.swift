// The demo: see Director.swift.

import Offstage
