package main

import "bytes"

// The longest event that is read, bytes; what is longer is passed over.
const eventMax = 1 << 20

// events makes Server-Sent Events out of pieces that are cut anywhere (WHATWG HTML, 9.2.6): an event is the joined
// `data` lines before an empty line; lines end with LF, CR LF or CR.
type events struct {
	line, data       []byte
	hasData, tooLong bool
	// The last byte was a CR: a LF right behind it ends no further line.
	afterCR bool
}

// push reads a piece; each is called with the data of every event that is complete.
func (e *events) push(piece []byte, each func([]byte)) {
	for _, b := range piece {
		lfOfCR := b == '\n' && e.afterCR
		e.afterCR = b == '\r'
		switch {
		case lfOfCR:
		case b == '\r' || b == '\n':
			e.endLine(each)
		case len(e.line)+len(e.data) < eventMax:
			e.line = append(e.line, b)
		default:
			e.tooLong = true
		}
	}
}

func (e *events) endLine(each func([]byte)) {
	if len(e.line) == 0 {
		if e.hasData && !e.tooLong {
			each(e.data)
		}
		e.data, e.hasData, e.tooLong = e.data[:0], false, false
		return
	}
	if value, ok := bytes.CutPrefix(e.line, []byte("data:")); ok {
		if e.hasData {
			e.data = append(e.data, '\n')
		}
		e.data = append(e.data, bytes.TrimPrefix(value, []byte(" "))...)
		e.hasData = true
	}
	e.line = e.line[:0]
}
